"""How a clip was made: /whatis, and Apps > What is this clip? on any message with sound."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.attachment_fetch import too_large
from bot.app.client import Interaction, ZhiyinBot
from bot.errors import RequestError
from cogs.presentation import cards, messages
from cogs.presentation.renderers import own_renderer
from cogs.requests.clip_actions import show_details
from cogs.requests.draft import MAX_UPLOAD_BYTES
from cogs.requests.message_audio import SharedFile, find_clip_or_sound
from cogs.requests.responses import thinking
from cogs.requests.rights import is_shown_to
from cogs.views.export_button import export_view

# A rate limit for each person: each file starts a process, each clip draws a picture.
_MOST_TIMES, _IN_SECONDS = 5, 60.0


class WhatIs(commands.Cog):
    """Shows how a clip was made."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._pace = commands.CooldownMapping[Interaction].from_cooldown(
            _MOST_TIMES, _IN_SECONDS, lambda interaction: interaction.user.id
        )
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
        """Show how one of my clips was made, from its file.

        Parameters
        ----------
        clip:
            The file, as it was posted.
        """
        self._check_pace(interaction)
        await self._tell(interaction, clip)

    async def whatis_message(self, interaction: Interaction, message: discord.Message) -> None:
        """Show how the clip in a message was made."""
        self._check_pace(interaction)
        clip, sound = await find_clip_or_sound(self.bot, message)
        if clip is not None:
            await show_details(interaction, clip, export_view(own_renderer(interaction), clip))
        elif sound is not None:
            await self._tell(interaction, sound)
        else:
            raise RequestError(messages.NO_SOUND)

    def _check_pace(self, interaction: Interaction) -> None:
        """Apply the rate limit of a person. Raises CommandOnCooldown."""
        now = self.bot.clock()
        bucket = self._pace.get_bucket(interaction, now)
        wait_seconds = None if bucket is None else bucket.update_rate_limit(now)
        if bucket is not None and wait_seconds is not None:
            raise app_commands.CommandOnCooldown(bucket, wait_seconds)

    async def _tell(self, interaction: Interaction, file: discord.Attachment | SharedFile) -> None:
        if file.size > MAX_UPLOAD_BYTES:
            raise too_large(MAX_UPLOAD_BYTES)
        await self.bot.service.guilds.check_person(interaction.guild_id, interaction.user.id)
        requests = self.bot.service.requests
        async with thinking(interaction, ephemeral=True):
            with requests.receiving_file(interaction.user.id):
                data = await self.bot.fetch(file.url, MAX_UPLOAD_BYTES)
                tags = await requests.read_tags(data)
            if tags is None:
                raise RequestError(messages.NOT_OURS)
            clip = (
                None if tags.entry is None else await self.bot.service.battles.revealed(*tags.entry)
            )
            if clip is not None and is_shown_to(interaction, clip):
                # A battle entry's file is anonymous; the database has its tags.
                tags = self.bot.service.clips.tags(clip)
            await interaction.followup.send(
                embed=cards.tags(own_renderer(interaction), tags), ephemeral=True
            )


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(WhatIs(bot))
