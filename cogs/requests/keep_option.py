"""The option of what a remix keeps of its source."""

from __future__ import annotations

from discord import app_commands

from bot.app.client import Interaction
from bot.domain.jobs import Keep
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from cogs.presentation.renderers import own_renderer

UNKNOWN_KEEP = Sentence(
    "I can keep the `end` of a sound, its `start` or its `tune`: choose from the list that appears "
    "while you type."
)
_NAMES = {
    Keep.END: Sentence("the end: it goes on from the last bars"),
    Keep.START: Sentence("the start: it begins the same and goes elsewhere"),
    Keep.TUNE: Sentence("the tune: the same melody, played anew"),
}


async def suggest_keeping(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """Suggest the parts that the loaded model can keep."""
    render = own_renderer(interaction)
    return [
        app_commands.Choice(name=render(name), value=keep.value)
        for keep, name in _NAMES.items()
        if keep is not Keep.TUNE or interaction.client.service.requests.takes_melody
    ]


def read_keeping(text: str) -> Keep:
    """Return the chosen part. Raises RequestError for an unknown one."""
    try:
        return Keep(text.strip().casefold())
    except ValueError:
        raise RequestError(UNKNOWN_KEEP) from None
