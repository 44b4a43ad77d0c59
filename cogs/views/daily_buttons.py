"""The buttons under a daily prompt. Their custom ids hold prompt and deed."""

from __future__ import annotations

import discord

from bot.app.client import Interaction
from bot.domain.dailies import Daily
from bot.errors import RequestError
from bot.i18n.languages import Reader
from bot.i18n.sentence import Sentence, verbatim
from cogs.presentation import daily_messages
from cogs.presentation.readers import reader_of
from cogs.requests.dailies import require_daily
from cogs.views.daily_form import show_daily_form
from cogs.views.persistent_button import PersistentButton

DAILY_DEEDS = ("make", "list")
_LABELS = {
    "make": (Sentence("Make one"), discord.ButtonStyle.success),
    "list": (Sentence("Who made what?"), discord.ButtonStyle.secondary),
}


def daily_view(read: Reader, daily: Daily) -> discord.ui.View:
    """Return the buttons under a daily prompt."""
    view = discord.ui.View(timeout=None)
    for deed in DAILY_DEEDS:
        view.add_item(DailyButton(daily.id, deed, read))
    return view


class DailyButton(PersistentButton, template=r"zhiyin:daily:(?P<id>\d+):(?P<deed>[a-z]+)"):
    """One of the buttons under a daily prompt."""

    def __init__(self, daily_id: int, deed: str, read: Reader | None = None) -> None:
        label, style = _LABELS.get(deed, (verbatim(deed), discord.ButtonStyle.secondary))
        super().__init__(
            discord.ui.Button(
                label=(read or Reader())(label),
                style=style,
                custom_id=f"zhiyin:daily:{daily_id}:{deed}",
            )
        )
        self.daily_id, self.deed = daily_id, deed

    async def press(self, interaction: Interaction) -> None:
        """Ask for words of one's own, or list what was made."""
        daily = await require_daily(interaction, self.daily_id)
        match self.deed:
            case "make":
                await show_daily_form(interaction, daily)
            case "list":
                found = await interaction.client.service.dailies.clips(daily)
                text = daily_messages.clips(reader_of(interaction), found)
                await interaction.response.send_message(text, ephemeral=True)
            case _:
                raise RequestError(daily_messages.NOT_HERE)
