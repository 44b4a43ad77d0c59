"""A button that outlives the process: its name holds an id and nothing else."""

from __future__ import annotations

import re
from typing import Self

import discord

from bot.app.client import Interaction
from cogs.presentation.errors import answer


class LastingButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template="zhiyin",
):
    """What buttons have in common; each has a template, whose groups are what it is made of.

    The group `id` is a number, all others are words.
    """

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction,
        item: discord.ui.Item[discord.ui.View],
        match: re.Match[str],
        /,
    ) -> Self:
        """Make the button of a message that may be older than this process."""
        told = match.groupdict()
        # Each takes what its own template tells.
        return cls(int(told.pop("id")), **told)  # type: ignore[arg-type]

    async def callback(self, interaction: Interaction) -> None:  # type: ignore[override]
        """Do what the button says; a failure is told."""
        try:
            await self.pressed(interaction)
        except Exception as error:
            await answer(interaction, error)

    async def pressed(self, interaction: Interaction) -> None:
        """Do what the button says. Raises what the person is told."""
        raise NotImplementedError
