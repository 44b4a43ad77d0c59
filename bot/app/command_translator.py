"""Translate command names and descriptions for Discord's clients."""

from __future__ import annotations

import re

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location
from discord.app_commands import TranslationContextTypes, locale_str

from bot.i18n.contexts import CHOICE, COMMAND, MENU, OPTION
from bot.i18n.languages import Languages
from bot.i18n.sentence import Translations

_NAME = re.compile(r"[-_'\w]{1,32}")
_MOST_CHARACTERS = 100
_NAMES = (Location.command_name, Location.group_name)


class CommandTranslator(app_commands.Translator):
    """Translates what Discord is told of the commands, from the catalogs."""

    def __init__(self, languages: Languages) -> None:
        self._by_locale = {
            locale: languages.of(locale.value)
            for locale in discord.Locale
            if languages.code_of(locale.value) is not None
        }

    async def translate(
        self, string: locale_str, locale: discord.Locale, context: TranslationContextTypes
    ) -> str | None:
        """Return a text in a language, or None to leave it English.

        A translation that breaks Discord's rules is left English too, since Discord would refuse
        all commands because of it.
        """
        translations = self._by_locale.get(locale)
        if translations is None:
            return None
        text = _translated(string.message, translations, context)
        return None if text == string.message else text


def _translated(text: str, translations: Translations, context: TranslationContextTypes) -> str:
    if isinstance(context.data, app_commands.ContextMenu):
        found = translations.pgettext(MENU, text)
        return found if len(found) <= 32 else text
    if context.location in _NAMES or context.location is Location.parameter_name:
        kind = COMMAND if context.location in _NAMES else OPTION
        found = translations.pgettext(kind, text)
        return found if _NAME.fullmatch(found) and found == found.lower() else text
    if context.location is Location.choice_name:
        found = translations.pgettext(CHOICE, text)
    else:
        found = translations.gettext(text)
    return found if len(found) <= _MOST_CHARACTERS else text
