"""The buttons under a daily prompt. Custom ids hold prompt and action."""

from __future__ import annotations

import discord

from bot.app.client import Interaction
from bot.domain.dailies import Daily
from bot.errors import RequestError
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence, verbatim
from cogs.presentation import daily_messages
from cogs.presentation.renderers import own_renderer
from cogs.requests.dailies import require_daily
from cogs.views.daily_form import show_daily_form
from cogs.views.persistent_button import PersistentButton

DAILY_ACTIONS = ("make", "list")
_LABELS = {
    "make": (Sentence("Make one"), discord.ButtonStyle.success),
    "list": (Sentence("Who made what?"), discord.ButtonStyle.secondary),
}


def daily_view(render: Renderer, daily: Daily) -> discord.ui.View:
    """Return the buttons under a daily prompt."""
    view = discord.ui.View(timeout=None)
    for action in DAILY_ACTIONS:
        view.add_item(DailyButton(daily.id, action, render))
    return view


class DailyButton(PersistentButton, template=r"zhiyin:daily:(?P<id>\d+):(?P<action>[a-z]+)"):
    """One of the buttons under a daily prompt."""

    def __init__(self, daily_id: int, action: str, render: Renderer | None = None) -> None:
        label, style = _LABELS.get(action, (verbatim(action), discord.ButtonStyle.secondary))
        super().__init__(
            discord.ui.Button(
                label=(render or Renderer())(label),
                style=style,
                custom_id=f"zhiyin:daily:{daily_id}:{action}",
            )
        )
        self.daily_id, self.action = daily_id, action

    async def press(self, interaction: Interaction) -> None:
        """Show the form for own words, or list the clips."""
        daily = await require_daily(interaction, self.daily_id)
        match self.action:
            case "make":
                await show_daily_form(interaction, daily)
            case "list":
                found = await interaction.client.service.dailies.clips(daily)
                text = daily_messages.clips(own_renderer(interaction), found)
                await interaction.response.send_message(text, ephemeral=True)
            case _:
                raise RequestError(daily_messages.NOT_HERE)
