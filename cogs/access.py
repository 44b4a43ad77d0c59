"""Check where the bot may be used, before every command, menu entry and suggestion."""

from __future__ import annotations

import logging

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.app.network_errors import NETWORK_ERRORS
from bot.errors import Refused
from bot.i18n.sentence import Sentence
from cogs.presentation.errors import send_privately
from cogs.presentation.renderers import server_renderer

log = logging.getLogger(__name__)

LEAVING = Sentence(
    "The owner of this bot has not allowed it to make music on this server, so I'm leaving again. "
    "The owner can add the server to `discord.allowed_servers`."
)
_ANYWHERE = {"privacy", "help", "about"}
"""Commands that work everywhere: people can always reach their own data."""


class Access(commands.Cog):
    """Restricts the bot to the servers that its owner allows."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._before = bot.tree.interaction_check

    async def cog_load(self) -> None:
        """Install the check; discord.py has it on the tree of commands."""
        self.bot.tree.interaction_check = self.check_place  # type: ignore[method-assign]

    async def cog_unload(self) -> None:
        """Restore the previous check."""
        self.bot.tree.interaction_check = self._before  # type: ignore[method-assign]

    async def check_place(self, interaction: Interaction) -> bool:
        """Return whether a command may be used here; if not, tell the person why."""
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
                await send_privately(interaction, refused.sentence)
            return False
        return True

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Leave servers that are not allowed.

        If none of its servers is allowed, the list is probably mistyped: then it only logs them,
        since it can't rejoin by itself.
        """
        others = [each for each in self.bot.guilds if not self._serves(each)]
        for guild in others:
            if len(others) < len(self.bot.guilds):
                await self._leave(guild)
            else:
                _note(guild)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Leave a server that is not allowed."""
        if not self._serves(guild):
            await self._leave(guild)

    def _serves(self, guild: discord.Guild) -> bool:
        return self.bot.service.guilds.serves(guild.id)

    async def _leave(self, guild: discord.Guild) -> None:
        """Post why the bot leaves a server, if it may post there, and leave it."""
        _note(guild)
        places = [guild.system_channel, *guild.text_channels]
        open_ = (each for each in places if each and each.permissions_for(guild.me).send_messages)
        render = server_renderer(self.bot, guild.id)
        try:
            if (channel := next(open_, None)) is not None:
                await channel.send(render(LEAVING))
        except (discord.HTTPException, *NETWORK_ERRORS) as error:
            log.info("discord.not_told server=%d %s", guild.id, error)
        try:
            await guild.leave()
        except (discord.HTTPException, *NETWORK_ERRORS) as error:
            log.warning("discord.not_left server=%d %s", guild.id, error)


def _note(guild: discord.Guild) -> None:
    log.warning("discord.not_served server=%d is not in discord.allowed_servers", guild.id)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Access(bot))
