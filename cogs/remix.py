"""Remix and continue: /remix, and two entries under Apps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.jobs import REMIX_KEEP_SECONDS, Keep, Kind
from bot.errors import RequestError
from cogs.presentation import messages
from cogs.presentation.errors import report_error
from cogs.requests.clip_actions import order_continuation
from cogs.requests.draft import RequestDraft
from cogs.requests.keep_option import read_keeping, suggest_keeping
from cogs.requests.message_audio import SharedFile, find_clip_or_sound
from cogs.requests.presets import PresetName, find_preset, suggest_presets, with_typed
from cogs.requests.rights import require_clip
from cogs.requests.submit import submit_request
from cogs.requests.suggestions import Prompt, suggest_clips, suggest_prompts
from cogs.views.persistent_button import MAX_ID, custom_id_of
from cogs.views.remix_form import CUSTOM_ID, read_remix_answers, show_remix_form

_REMEMBERED = 200


class Remix(commands.Cog):
    """Makes new music from a clip or a file."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._sounds: dict[tuple[int, int], SharedFile] = {}
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
    @app_commands.autocomplete(
        prompt=suggest_prompts, mine=suggest_clips, keep=suggest_keeping, preset=suggest_presets
    )
    async def remix(
        self,
        interaction: Interaction,
        prompt: Prompt,
        clip: discord.Attachment | None = None,
        mine: str | None = None,
        keep: str = Keep.END.value,
        keep_seconds: app_commands.Range[float, 0.5, 30.0] = REMIX_KEEP_SECONDS,
        include: bool = True,
        seconds: app_commands.Range[float, 1.0, 600.0] | None = None,
        preset: PresetName | None = None,
        private: bool | None = None,
    ) -> None:
        """Make something new of a sound file or of one of your clips.

        Parameters
        ----------
        prompt:
            What it should become ("make it jazzier"); its other words, tempo and key stay.
        clip:
            A sound file: MP3, WAV, FLAC, OGG, Opus, M4A, AAC, AIFF, CAF, MP4, MOV, MKV or WebM.
        mine:
            One of your clips.
        keep:
            What of it stays: the end, the start, or the tune where the model follows one.
        keep_seconds:
            About how many seconds of it stay, in whole bars.
        include:
            Whether the new clip begins with what is kept.
        seconds:
            How long the new music is.
        preset:
            Words and settings with a name; what you type here wins.
        private:
            Whether only you see it until you post it.
        """
        if clip is not None and mine is not None:
            raise RequestError(messages.TWO_SOUNDS)
        if clip is None and mine is None:
            raise RequestError(messages.NO_SOURCE)
        named = await find_preset(interaction, preset)
        chosen = None if mine is None else await self._own(interaction, mine)
        stems = () if chosen is None else await self.bot.service.stems.keepable_stems(chosen)
        draft = RequestDraft(
            kind=Kind.REMIX,
            prompt=self.bot.service.requests.with_style(prompt, named.words),
            seconds=named.seconds if seconds is None else seconds,
            takes=named.takes or 1,
            settings=with_typed(named),
            attachment=clip,
            clip=chosen,
            keep=read_keeping(keep),
            keep_seconds=keep_seconds,
            include=include,
            keep_stems=tuple(stem for stem in named.keep_stems if stem in stems),
            is_private=private,
        )
        await submit_request(interaction, draft)

    async def remix_message(self, interaction: Interaction, message: discord.Message) -> None:
        """Ask what to make of the sound in a message."""
        clip, sound = await find_clip_or_sound(self.bot, message)
        if clip is None and sound is None:
            raise RequestError(messages.NO_SOUND)
        if sound is not None:
            self._remember(interaction.user.id, message.id, sound)
        await show_remix_form(interaction, clip, message=message, attachment=sound)

    async def continue_message(self, interaction: Interaction, message: discord.Message) -> None:
        """Go on from the sound in a message."""
        clip, sound = await find_clip_or_sound(self.bot, message)
        if clip is not None:
            await order_continuation(interaction, clip)
        elif sound is not None:
            await submit_request(interaction, RequestDraft(kind=Kind.CONTINUE, attachment=sound))
        else:
            raise RequestError(messages.NO_SOUND)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Order what a submitted form asks for, also from before a restart."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        found = CUSTOM_ID.fullmatch(custom_id_of(interaction))
        if found is None:
            return
        try:
            self.bot.service.guilds.check_place(interaction.guild_id)
            await self._order_remix(interaction, found["kind"], int(found["id"]))
        except Exception as error:
            await report_error(interaction, error)

    async def _order_remix(self, interaction: Interaction, kind: str, id_: int) -> None:
        clip, sound = None, None
        if kind == "message":
            sound = self._sounds.get((interaction.user.id, id_))
        if kind == "clip":
            clip = await require_clip(interaction, min(id_, MAX_ID))
        elif sound is None:
            clip, sound = await self._find_again(interaction, id_)
        data = cast(Mapping[str, Any], interaction.data)
        answers = read_remix_answers(data, clip, self.bot.service.stems.model_stems)
        draft = RequestDraft(
            kind=Kind.REMIX,
            prompt=answers.words,
            clip=clip,
            attachment=sound,
            keep=answers.keep,
            keep_seconds=answers.keep_seconds,
            include=answers.include,
            keep_stems=answers.stems,
        )
        await submit_request(interaction, draft)

    async def _find_again(
        self, interaction: Interaction, message_id: int
    ) -> tuple[Clip | None, SharedFile | None]:
        """Return the sound of a message in the current channel. Raises RequestError."""
        channel = self.bot.get_partial_messageable(interaction.channel_id or 0)
        try:
            message = await channel.fetch_message(message_id)
        except (discord.NotFound, discord.Forbidden):
            shown = await self.bot.service.clips.find_by_message(min(message_id, MAX_ID))
            if len(shown) != 1:
                raise RequestError(messages.SOUND_GONE) from None
            return await require_clip(interaction, shown[0].id), None
        clip, sound = await find_clip_or_sound(self.bot, message)
        if clip is None and sound is None:
            raise RequestError(messages.NO_SOUND)
        return clip, sound

    def _remember(self, user_id: int, message_id: int, sound: SharedFile) -> None:
        # Without membership the bot can't fetch the message later. Keyed by the person who saw it.
        self._sounds[user_id, message_id] = sound
        if len(self._sounds) > _REMEMBERED:
            del self._sounds[next(iter(self._sounds))]

    async def _own(self, interaction: Interaction, text: str) -> Clip:
        if not text.isdecimal() or len(text) > 18:
            raise RequestError(messages.UNKNOWN_CLIP)
        clip = await require_clip(interaction, int(text))
        # Other people's clips can be remixed only through their message.
        if clip.origin.user_id != interaction.user.id:
            raise RequestError(messages.UNKNOWN_CLIP)
        return clip


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Remix(bot))
