"""The languages there are catalogs for, and which of them a reader gets.

Catalogs are gettext's: `locales/LANGUAGE/LC_MESSAGES/zhiyin.mo` beside this file. A template
without a translation stays English.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from bot.i18n.sentence import English, Markup, Sentence, Translations

FOLDER = Path(__file__).with_name("locales")
DOMAIN = "zhiyin"

# Discord's codes where gettext has another.
_OF_DISCORD = {"zh-CN": "zh_Hans", "zh-TW": "zh_Hant", "no": "nb", "es-419": "es"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads on Discord: renders sentences in their language."""

    translations: Translations = field(default_factory=English)

    def __call__(self, sentence: Sentence) -> str:
        """Return a sentence as they read it."""
        return sentence.render(self.translations, Markup.DISCORD)


@dataclass(frozen=True, slots=True)
class Languages:
    """The catalogs by gettext's code of their language."""

    catalogs: Mapping[str, Translations] = field(default_factory=lambda: MappingProxyType({}))

    def reader(self, locale: str | None) -> Reader:
        """Return a reader of a locale, as Discord names it; of English for all others."""
        return Reader(self.of(locale))

    def of(self, locale: str | None) -> Translations:
        """Return the catalog of a locale; English where there is none."""
        if locale is None:
            return English()
        code = _OF_DISCORD.get(locale, locale.replace("-", "_"))
        for name in (code, code.split("_")[0]):
            if name in self.catalogs:
                return self.catalogs[name]
        return English()


def load_languages(folder: Path = FOLDER) -> Languages:
    """Read the catalogs of a folder."""
    found: dict[str, Translations] = {}
    for file in sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")):
        with file.open("rb") as opened:
            found[file.parts[-3]] = gettext.GNUTranslations(opened)
    return Languages(MappingProxyType(found))
