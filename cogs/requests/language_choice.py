"""The option of a language: its own name, or Discord's setting."""

from __future__ import annotations

from discord import app_commands

from bot.app.client import Interaction
from bot.errors import RequestError
from bot.i18n.languages import Languages
from bot.i18n.sentence import Sentence, listing
from cogs.presentation.account_messages import AS_DISCORD_SAYS
from cogs.presentation.renderers import own_renderer

LanguageName = app_commands.Range[str, 1, 40]

_AS_DISCORD = "discord"
_UNKNOWN = Sentence("I don't speak that language. I speak {languages}.")


async def suggest_languages(
    interaction: Interaction, current: str
) -> list[app_commands.Choice[str]]:
    """Suggest the available languages."""
    there = {_AS_DISCORD: own_renderer(interaction)(AS_DISCORD_SAYS)}
    there |= interaction.client.languages.names()
    return [
        app_commands.Choice(name=name, value=code)
        for code, name in there.items()
        if current.casefold() in name.casefold() or current == code
    ]


def read_language(languages: Languages, typed: str) -> str | None:
    """Return a language's code, or None for Discord's setting. Raises RequestError."""
    if typed.casefold() == _AS_DISCORD:
        return None
    names = languages.names()
    for code, name in names.items():
        if typed.casefold() in (code.casefold(), name.casefold()):
            return code
    raise RequestError(_UNKNOWN.fill(languages=listing(list(names.values()))))
