"""The base class of buttons that work after a restart: the custom id holds all state."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Self, cast

import discord

from bot.app.client import Interaction
from cogs.presentation.errors import report_error

# The largest id of a database row; the smallest is 1.
MAX_ID = 2**63 - 1


class PersistentButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template="zhiyin",
):
    """Base of the buttons; the groups of the template are the constructor's arguments.

    The group `id` is an integer, all others are text. It also reports failures, which discord.py
    would only log.
    """

    works_anywhere: ClassVar[bool] = False
    """Whether it works where the owner of the bot allows no music."""

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction,
        item: discord.ui.Item[discord.ui.View],
        match: re.Match[str],
        /,
    ) -> Self:
        """Rebuild a button of a message that an earlier process may have posted."""
        groups = match.groupdict()
        number = int(groups.pop("id"))
        # The subclass's constructor takes the groups of its template.
        return cls(number if number <= MAX_ID else 0, **groups)  # type: ignore[arg-type]

    async def callback(self, interaction: Interaction) -> None:  # type: ignore[override]
        """Run the action if the bot may be used here; report a failure to the person."""
        interaction.client.commands_in_flight.track()
        try:
            if not self.works_anywhere:
                interaction.client.service.guilds.check_place(interaction.guild_id)
            await self.press(interaction)
        except Exception as error:
            await report_error(interaction, error)

    async def press(self, interaction: Interaction) -> None:
        """Run the action of the button. Raises errors for the person."""
        raise NotImplementedError


def is_known_button(custom_id: str) -> bool:
    """Return whether a custom id belongs to a known kind of button."""
    kinds = PersistentButton.__subclasses__()
    return any(kind.__discord_ui_compiled_template__.fullmatch(custom_id) for kind in kinds)


def custom_id_of(interaction: Interaction) -> str:
    """Return the custom id of the pressed button or the submitted form."""
    data = cast(Mapping[str, object], interaction.data or {})
    return str(data.get("custom_id", ""))
