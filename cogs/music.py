"""Make music from words: /music and /random."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.domain.generation import MAX_SHORT_SEED
from bot.domain.jobs import Kind
from cogs.presentation.renderers import own_locale
from cogs.requests.clip_recall import find_typed_clip
from cogs.requests.draft import RequestDraft
from cogs.requests.presets import PresetName, find_preset, suggest_presets, with_typed
from cogs.requests.submit import submit_request
from cogs.requests.suggestions import Prompt, suggest_clips_in_sight, suggest_prompts


class Music(commands.Cog):
    """The commands that make a clip from words or from nothing."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.autocomplete(
        prompt=suggest_prompts, like=suggest_clips_in_sight, preset=suggest_presets
    )
    async def music(
        self,
        interaction: Interaction,
        prompt: Prompt,
        clip: discord.Attachment | None = None,
        seconds: app_commands.Range[float, 1.0, 600.0] | None = None,
        takes: app_commands.Range[int, 1, 8] | None = None,
        seed: app_commands.Range[int, 0, MAX_SHORT_SEED] | None = None,
        guidance: app_commands.Range[float, 1.0, 10.0] | None = None,
        temperature: app_commands.Range[float, 0.1, 2.0] | None = None,
        top_k: app_commands.Range[int, 1, 2048] | None = None,
        loop: bool | None = None,
        preset: PresetName | None = None,
        like: app_commands.Range[str, 1, 20] | None = None,
        private: bool | None = None,
    ) -> None:
        """Make a clip from words, or continue a sound file in these words.

        Parameters
        ----------
        prompt:
            The music in words: style, instruments, mood, tempo ("slow blues, 80 BPM").
        clip:
            A sound file to continue.
        seconds:
            How long the new music is.
        takes:
            How many versions to make; each counts against your quota.
        seed:
            The same seed and words make the same clip again.
        guidance:
            How closely to follow the words: 1 loosely, 10 very strictly.
        temperature:
            Below 1 tamer, above 1 wilder.
        top_k:
            Sample from the k most likely tokens.
        loop:
            Cut it to whole bars, so that it loops seamlessly.
        preset:
            Words and settings with a name; what you type here wins.
        like:
            A clip of this server whose tempo and key to match, so that the two can be mixed.
        private:
            Whether only you see it until you post it.
        """
        chosen = await find_preset(interaction, preset)
        prompt = self.bot.service.requests.with_style(prompt, chosen.words) or prompt
        if like is not None:
            model = await find_typed_clip(interaction, like)
            prompt = self.bot.service.requests.words_like(prompt, model)
        draft = RequestDraft(
            kind=Kind.MUSIC,
            prompt=prompt,
            seconds=chosen.seconds if seconds is None else seconds,
            takes=takes or chosen.takes or 1,
            seed=seed,
            settings=with_typed(chosen, guidance=guidance, temperature=temperature, top_k=top_k),
            attachment=clip,
            as_loop=bool(chosen.loop if loop is None else loop),
            is_private=private,
        )
        await submit_request(interaction, draft)

    @app_commands.command()
    @app_commands.autocomplete(preset=suggest_presets)
    async def random(
        self,
        interaction: Interaction,
        seconds: app_commands.Range[float, 1.0, 600.0] | None = None,
        seed: app_commands.Range[int, 0, MAX_SHORT_SEED] | None = None,
        preset: PresetName | None = None,
        private: bool | None = None,
    ) -> None:
        """Make a clip from random words; its card shows them.

        Parameters
        ----------
        seconds:
            How long the clip is.
        seed:
            The same seed picks the same words and makes the same clip again.
        preset:
            Words and settings with a name; what they leave open is random.
        private:
            Whether only you see it until you post it.
        """
        chosen = await find_preset(interaction, preset)
        rolled = self.bot.draw_seed(MAX_SHORT_SEED) if seed is None else seed
        words = await self.bot.service.requests.roll_words(
            interaction.guild_id,
            rolled,
            chosen.words,
            in_chinese=own_locale(interaction).startswith("zh"),
        )
        draft = RequestDraft(
            kind=Kind.RANDOM,
            prompt=words,
            seconds=chosen.seconds if seconds is None else seconds,
            takes=chosen.takes or 1,
            seed=rolled,
            settings=with_typed(chosen),
            as_loop=bool(chosen.loop),
            is_private=private,
        )
        await submit_request(interaction, draft)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Music(bot))
