"""Making music from words: /music and /random."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import ZhiyinBot
from bot.domain.jobs import MAX_PROMPT_CHARACTERS, Kind
from cogs.requests.submit import MAX_SEED, RequestDraft, ordered

PRESETS = (
    "90s rock song with loud guitars and heavy drums",
    "80s pop track with bassy drums and synth",
    "slow blues with groovy saxophone",
    "lo-fi hip hop to study to, 80 BPM",
    "uplifting trance, 138 BPM",
    "funk with slap bass, 110 BPM",
    "calm ambient with a synth pad",
    "jazz trio with piano and double bass",
    "dense punk drums, fast",
    "一段欢快的拉丁音乐，带有小号",
)

_CHOICES = 25
_CHOICE_CHARACTERS = 100

Interaction = discord.Interaction[ZhiyinBot]
Prompt = app_commands.Range[str, 1, MAX_PROMPT_CHARACTERS]


async def suggested(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """Suggest a person's own earlier prompts, then presets."""
    store = interaction.client.pipeline.store
    earlier = await store.clips.prompts_of(interaction.user.id, current, _CHOICES)
    presets = [text for text in PRESETS if current.casefold() in text.casefold()]
    texts = list(dict.fromkeys([*earlier, *presets]))
    # A choice longer than Discord shows could not be chosen whole.
    fitting = [text for text in texts if len(text) <= _CHOICE_CHARACTERS]
    return [app_commands.Choice(name=text, value=text) for text in fitting[:_CHOICES]]


class Music(commands.Cog):
    """The commands that make a clip from words or from nothing."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.autocomplete(prompt=suggested)
    async def music(
        self,
        interaction: Interaction,
        prompt: Prompt,
        clip: discord.Attachment | None = None,
        seconds: app_commands.Range[float, 1.0, 600.0] | None = None,
        takes: app_commands.Range[int, 1, 8] = 1,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
        guidance: app_commands.Range[float, 1.0, 10.0] | None = None,
        temperature: app_commands.Range[float, 0.1, 2.0] | None = None,
        top_k: app_commands.Range[int, 1, 2048] | None = None,
        loop: bool = False,
    ) -> None:
        """Make a clip from words, or go on from a sound file in these words.

        Parameters
        ----------
        prompt:
            The music in words: style, instruments, mood, tempo ("slow blues, 80 BPM").
        clip:
            A sound file to go on from.
        seconds:
            How long the new music is.
        takes:
            How many versions to make; each counts against your quota.
        seed:
            The same seed and words make the same clip again.
        guidance:
            How closely to follow the words: 1 hardly, 3 as usual, 10 slavishly.
        temperature:
            Below 1 tamer, above 1 wilder.
        top_k:
            Choose each sound among the so many likeliest.
        loop:
            Cut it to whole bars, so that it repeats without a bump.
        """
        wish = RequestDraft(
            kind=Kind.MUSIC,
            prompt=prompt,
            seconds=seconds,
            takes=takes,
            seed=seed,
            settings={"guidance": guidance, "temperature": temperature, "top_k": top_k},
            attachment=clip,
            as_loop=loop,
        )
        await ordered(interaction, wish)

    @app_commands.command()
    async def random(
        self,
        interaction: Interaction,
        seconds: app_commands.Range[float, 1.0, 600.0] | None = None,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
    ) -> None:
        """Make a clip of anything at all.

        Parameters
        ----------
        seconds:
            How long the clip is.
        seed:
            The same seed makes the same clip again.
        """
        await ordered(interaction, RequestDraft(kind=Kind.RANDOM, seconds=seconds, seed=seed))


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Music(bot))
