"""The available languages, and the choice of one for a locale.

Catalogs are gettext's, `locale/LANGUAGE/LC_MESSAGES/zhiyin.po` beside this file. Texts without a
translation stay English.
"""

from __future__ import annotations

import functools
import gettext
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

from bot.i18n.sentence import English, Markup, Sentence, Translations

FOLDER = Path(__file__).with_name("locale")
DOMAIN = "zhiyin"
ENGLISH = "en-US"

# Discord's codes where gettext has another.
_OF_DISCORD = {"no": "nb", "es-419": "es"}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders sentences for Discord in one language."""

    translations: Translations = field(default_factory=English)

    def __call__(self, sentence: Sentence) -> str:
        """Return a sentence as text."""
        return sentence.render(self.translations, Markup.DISCORD)


@dataclass(frozen=True, slots=True)
class Languages:
    """The catalogs by gettext's code of their language."""

    catalogs: Mapping[str, Translations] = field(default_factory=lambda: MappingProxyType({}))

    def renderer(self, locale: str | None) -> Renderer:
        """Return the renderer of a locale, as Discord names it; of English for all others."""
        return Renderer(self.of(locale))

    def of(self, locale: str | None) -> Translations:
        """Return the catalog of a locale; English where there is none."""
        code = self.code_of(locale)
        return English() if code is None else self.catalogs[code]

    def code_of(self, locale: str | None) -> str | None:
        """Return the code of the catalog for a locale, as Discord names it."""
        return None if locale is None else code_of(locale, self.catalogs)

    def names(self) -> dict[str, str]:
        """Return what each language calls itself, by Discord's code."""
        from babel import Locale

        return {ENGLISH: "English"} | {
            code.replace("_", "-"): Locale.parse(code).get_language_name() or code
            for code in self.catalogs
        }


def code_of(locale: str, there: Collection[str]) -> str | None:
    """Return which of the languages there are is that of a locale, such as zh-TW or zh_TW.

    Its own, its language's, or that of another region: None where there is none of these.
    """
    code = _OF_DISCORD.get(locale, locale.replace("-", "_"))
    language = code.partition("_")[0]
    for name in (code, language):
        if name in there:
            return name
    return next((each for each in sorted(there) if each.startswith(f"{language}_")), None)


def load_languages(folder: Path = FOLDER) -> Languages:
    """Read the catalogs of a folder."""
    files = sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
    return Languages(MappingProxyType({file.parts[-3]: read_catalog(file) for file in files}))


@functools.cache
def read_catalog(file: Path) -> Translations:
    """Read a catalog, once in a process. One that can't be read is left: English is shown."""
    # Imported where it is needed: most runs of the command line are in English.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    try:
        with file.open("rb") as opened:
            catalog = read_po(opened, locale=file.parts[-3], abort_invalid=True)
        compiled = BytesIO()
        write_mo(compiled, catalog)
        compiled.seek(0)
        return gettext.GNUTranslations(compiled)
    except (OSError, ValueError, PoFileError) as error:
        log.warning("language.unreadable file=%s reason=%s", file, error)
        return English()
