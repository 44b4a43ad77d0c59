"""Remix and continue: /remix, and two entries under Apps."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.jobs import Kind
from bot.errors import RequestError
from cogs.presentation import messages
from cogs.requests.clip_actions import order_continuation
from cogs.requests.draft import REMIX_KEEP_SECONDS, RequestDraft
from cogs.requests.message_audio import find_clip_or_sound
from cogs.requests.rights import require_clip
from cogs.requests.submit import submit_request
from cogs.requests.suggestions import Prompt, suggest_clips, suggest_prompts
from cogs.views.remix_modal import build_remix_modal


class Remix(commands.Cog):
    """Makes new music from a clip or a file."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self.menus = (
            app_commands.ContextMenu(name="Remix this clip", callback=self.remix_message),
            app_commands.ContextMenu(name="Continue this clip", callback=self.continue_message),
        )

    async def cog_load(self) -> None:
        """Add the entries under Apps; discord.py can't declare them in a class."""
        for menu in self.menus:
            self.bot.tree.add_command(menu)

    async def cog_unload(self) -> None:
        """Remove them."""
        for menu in self.menus:
            self.bot.tree.remove_command(menu.name, type=menu.type)

    @app_commands.command()
    @app_commands.autocomplete(prompt=suggest_prompts, mine=suggest_clips)
    async def remix(
        self,
        interaction: Interaction,
        prompt: Prompt,
        clip: discord.Attachment | None = None,
        mine: str | None = None,
        keep: app_commands.Range[float, 0.5, 30.0] = REMIX_KEEP_SECONDS,
        include: bool = True,
        seconds: app_commands.Range[float, 1.0, 600.0] | None = None,
    ) -> None:
        """Make something new of a sound file or of one of your clips.

        Parameters
        ----------
        prompt:
            What it should become ("the same as jazz").
        clip:
            A sound file: MP3, WAV, FLAC, OGG, Opus, M4A, AAC, AIFF, CAF, MP4, MOV, MKV or WebM.
        mine:
            One of your clips.
        keep:
            How many seconds of its end to continue from.
        include:
            Whether the new clip begins with what is kept.
        seconds:
            How long the new music is.
        """
        if clip is not None and mine is not None:
            raise RequestError(messages.TWO_SOUNDS)
        if clip is None and mine is None:
            raise RequestError(messages.NO_SOURCE)
        chosen = None if mine is None else await self._own(interaction, mine)
        draft = RequestDraft(
            kind=Kind.REMIX,
            prompt=prompt,
            seconds=seconds,
            attachment=clip,
            clip=chosen,
            keep_seconds=keep,
            include=include,
        )
        await submit_request(interaction, draft)

    async def remix_message(self, interaction: Interaction, message: discord.Message) -> None:
        """Ask what to make of the sound in a message."""
        clip, sound = await find_clip_or_sound(self.bot, message)
        if clip is None and sound is None:
            raise RequestError(messages.NO_SOUND)
        await interaction.response.send_modal(await build_remix_modal(interaction, clip, sound))

    async def continue_message(self, interaction: Interaction, message: discord.Message) -> None:
        """Go on from the sound in a message."""
        clip, sound = await find_clip_or_sound(self.bot, message)
        if clip is not None:
            await order_continuation(interaction, clip)
        elif sound is not None:
            await submit_request(interaction, RequestDraft(kind=Kind.CONTINUE, attachment=sound))
        else:
            raise RequestError(messages.NO_SOUND)

    async def _own(self, interaction: Interaction, text: str) -> Clip:
        if not text.isdecimal() or len(text) > 18:
            raise RequestError(messages.UNKNOWN_CLIP)
        clip = await require_clip(interaction, int(text))
        # Other people's clips can be remixed through their message only.
        if clip.origin.user_id != interaction.user.id:
            raise RequestError(messages.UNKNOWN_CLIP)
        return clip


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Remix(bot))
