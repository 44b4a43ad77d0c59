"""The language that a program's environment asks for, in the order of gettext."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.i18n.languages import DOMAIN, FOLDER, code_of, read_catalog
from bot.i18n.sentence import English, Translations

_UNTRANSLATED = {"C", "POSIX"}


def translations_of(environment: Mapping[str, str], folder: Path = FOLDER) -> Translations:
    """Return the catalog of the language asked for; English where there is none.

    No other catalog is read.
    """
    code = language_of(environment, folder)
    if code is None:
        return English()
    return read_catalog(folder / code / "LC_MESSAGES" / f"{DOMAIN}.po")


def language_of(environment: Mapping[str, str], folder: Path = FOLDER) -> str | None:
    """Return the code of the first language asked for that there is; None is English.

    `LC_ALL`, `LC_MESSAGES` and `LANG` name one, in this order; `LANGUAGE` lists several that are
    preferred to it.
    """
    there: list[str] = []
    for locale in asked_for(environment):
        if locale.partition("_")[0] == "en":
            return None
        there = there or [file.parts[-3] for file in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po")]
        if (code := code_of(locale, there)) is not None:
            return code
    return None


def asked_for(environment: Mapping[str, str]) -> list[str]:
    """Return the locales that are asked for, the first first, without their encodings."""
    named = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = _bare(next(filter(None, named), "C"))
    if locale in _UNTRANSLATED:
        return []
    preferred = environment.get("LANGUAGE", "").split(":")
    return [_bare(each) for each in [*preferred, locale] if each]


def _bare(locale: str) -> str:
    return locale.partition(".")[0].partition("@")[0]
