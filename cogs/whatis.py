"""How a clip was made: /whatis, and Apps > What is this clip? on any message with sound."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.attachment_fetch import too_large
from bot.app.client import Interaction, ZhiyinBot
from bot.errors import RequestError
from cogs.presentation import cards, messages
from cogs.presentation.readers import reader_of
from cogs.requests.clip_actions import show_details
from cogs.requests.draft import MAX_UPLOAD_BYTES
from cogs.requests.message_audio import SharedFile, find_clip_or_sound
from cogs.requests.responses import thinking


class WhatIs(commands.Cog):
    """Shows how a clip was made."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._menu = app_commands.ContextMenu(
            name="What is this clip?", callback=self.whatis_message
        )

    async def cog_load(self) -> None:
        """Add the menu entry."""
        self.bot.tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Remove it."""
        self.bot.tree.remove_command(self._menu.name, type=self._menu.type)

    @app_commands.command()
    async def whatis(self, interaction: Interaction, clip: discord.Attachment) -> None:
        """Tell how one of my clips was made, from its file.

        Parameters
        ----------
        clip:
            The file, as it was posted.
        """
        await self._tell(interaction, clip)

    async def whatis_message(self, interaction: Interaction, message: discord.Message) -> None:
        """Show how the clip in a message was made."""
        clip, sound = await find_clip_or_sound(self.bot, message)
        if clip is not None:
            await show_details(interaction, clip)
        elif sound is not None:
            await self._tell(interaction, sound)
        else:
            raise RequestError(messages.NO_SOUND)

    async def _tell(self, interaction: Interaction, file: discord.Attachment | SharedFile) -> None:
        if file.size > MAX_UPLOAD_BYTES:
            raise too_large(MAX_UPLOAD_BYTES)
        requests = self.bot.service.requests
        async with thinking(interaction, ephemeral=True):
            with requests.receiving_file(interaction.user.id):
                data = await self.bot.fetch(file.url, MAX_UPLOAD_BYTES)
                tags = await requests.read_tags(data)
            if tags is None:
                raise RequestError(messages.NOT_OURS)
            await interaction.followup.send(
                embed=cards.tags(reader_of(interaction), tags), ephemeral=True
            )


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(WhatIs(bot))
