"""The buttons under the card of a jam. Custom ids hold jam and action, so they survive a restart.

*Undo last* names its turn, so that a second press does not undo another one.
"""

from __future__ import annotations

import discord

from bot.app.client import Interaction
from bot.domain.jams import JamSnapshot, JamState
from bot.errors import RequestError
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence, verbatim
from cogs.requests.jam_opening import check_fork, open_jam
from cogs.requests.jams import (
    close_jam,
    play_track,
    require_jam,
    take_turn,
    undo_turn,
)
from cogs.views.clip_buttons import UNKNOWN_BUTTON
from cogs.views.jam_form import show_jam_form
from cogs.views.persistent_button import PersistentButton

_LABELS = {
    "take": (Sentence("Take a turn"), discord.ButtonStyle.success),
    "hear": (Sentence("Hear it all"), discord.ButtonStyle.primary),
    "undo": (Sentence("Undo last"), discord.ButtonStyle.secondary),
    "fork": (Sentence("Fork"), discord.ButtonStyle.secondary),
    "close": (Sentence("Close"), discord.ButtonStyle.danger),
}


def jam_view(render: Renderer, snapshot: JamSnapshot) -> discord.ui.View:
    """Return the buttons under a card that are usable now."""
    jam, moves = snapshot.jam, []
    if jam.state is JamState.OPEN:
        moves.append("take")
    if snapshot.head is not None:
        moves.append("hear")
    if snapshot.parts and jam.state is JamState.OPEN:
        moves.append(f"undo-{snapshot.parts[-1].number}")
    if snapshot.head is not None:
        moves.append("fork")
    if jam.state is JamState.OPEN:
        moves.append("close")
    view = discord.ui.View(timeout=None)
    for action in moves:
        view.add_item(JamButton(jam.id, action, render))
    return view


class JamButton(
    PersistentButton, template=r"zhiyin:jam:(?P<id>\d+):(?P<action>[a-z]+(?:-\d{1,9})?)"
):
    """One of the buttons under the card of a jam."""

    def __init__(self, jam_id: int, action: str, render: Renderer | None = None) -> None:
        name, _, number = action.partition("-")
        label, style = _LABELS.get(name, (verbatim(name), discord.ButtonStyle.secondary))
        super().__init__(
            discord.ui.Button(
                label=(render or Renderer())(label),
                style=style,
                custom_id=f"zhiyin:jam:{jam_id}:{action}",
            )
        )
        self.jam_id, self.action, self.number = jam_id, name, int(number or 0)

    async def press(self, interaction: Interaction) -> None:
        """Take the turn, undo the last one, fork, hear or close the jam."""
        snapshot = await require_jam(interaction, self.jam_id)
        await interaction.client.service.guilds.check_person(
            interaction.guild_id, interaction.user.id
        )
        match self.action:
            case "take":
                await show_jam_form(interaction, await take_turn(interaction, snapshot))
            case "hear":
                await play_track(interaction, snapshot)
            case "undo":
                await undo_turn(interaction, snapshot, self.number)
            case "fork":
                await open_jam(interaction, await check_fork(interaction, snapshot))
            case "close":
                await close_jam(interaction, snapshot)
            case _:
                raise RequestError(UNKNOWN_BUTTON)
