"""What a person has made and may still make: /history and /quota."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ZhiyinBot
from cogs import replies
from cogs.ordering import limits_for, place_of

Interaction = discord.Interaction[ZhiyinBot]

_SHOWN_CLIPS = 10


class Account(commands.Cog):
    """A person's own affairs; the answers are for them alone."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot

    @app_commands.command()
    async def history(
        self, interaction: Interaction, search: app_commands.Range[str, 1, 100] | None = None
    ) -> None:
        """Show your latest clips, with their seeds.

        Parameters
        ----------
        search:
            Only clips with these words in their prompt.
        """
        store = self.bot.pipeline.store
        clips = await store.clips.of_user(interaction.user.id, _SHOWN_CLIPS, search or "")
        await interaction.response.send_message(replies.history(clips), ephemeral=True)

    @app_commands.command()
    async def quota(self, interaction: Interaction) -> None:
        """Show how many seconds of music you have left today."""
        limits, _ = await limits_for(
            self.bot, place_of(interaction), interaction.user, anywhere=True
        )
        ledger = self.bot.pipeline.store.ledger
        found = await ledger.quota(interaction.user.id, limits.daily_seconds)
        await interaction.response.send_message(replies.quota(found), ephemeral=True)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Account(bot))
