"""Where the bot may be used, asked before every command, menu entry and suggestion."""

from __future__ import annotations

import logging

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.errors import Refused
from cogs.presentation.errors import tell_privately

log = logging.getLogger(__name__)

_ANYWHERE = {"privacy", "help", "about"}
"""Commands that work in any place: what is kept of people is theirs wherever they are."""


class Access(commands.Cog):
    """Keeps the bot to the places that its owner allows it."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._before = bot.tree.interaction_check

    async def cog_load(self) -> None:
        """Install the check; discord.py has it on the tree of commands."""
        self.bot.tree.interaction_check = self.check_place  # type: ignore[method-assign]

    async def cog_unload(self) -> None:
        """Restore the check there was."""
        self.bot.tree.interaction_check = self._before  # type: ignore[method-assign]

    async def check_place(self, interaction: Interaction) -> bool:
        """Tell whether a command may be used where it is, and its person if it may not."""
        if not await self._before(interaction):
            return False
        if interaction.data is not None and interaction.data.get("name") in _ANYWHERE:
            return True
        try:
            self.bot.service.guilds.check_place(interaction.guild_id)
        except Refused as refused:
            if interaction.type is discord.InteractionType.autocomplete:
                nothing: list[app_commands.Choice[str]] = []
                await interaction.response.autocomplete(nothing)
            else:
                await tell_privately(interaction, refused.sentence)
            return False
        return True

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Log the servers that it is on and doesn't serve; leaving them is for the owner to do."""
        for guild in self.bot.guilds:
            self._note(guild)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Log a server that it was invited to and doesn't serve."""
        self._note(guild)

    def _note(self, guild: discord.Guild) -> None:
        if not self.bot.service.guilds.serves(guild.id):
            log.warning("discord.not_served server=%d is not in discord.allowed_servers", guild.id)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Access(bot))
