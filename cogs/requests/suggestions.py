"""Autocomplete: prompts, clips, jams and jobs."""

from __future__ import annotations

from collections.abc import Sequence

from discord import app_commands

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.domain.jobs import MAX_PROMPT_CHARACTERS
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from cogs.presentation.jam_messages import title_of
from cogs.presentation.prompts import RANDOM_CLIP, shorten
from cogs.presentation.renderers import own_renderer
from cogs.requests.places import sight_of_everybody
from cogs.requests.rights import clips_in_sight

PRESETS = (
    "90s rock song with loud guitars and heavy drums",
    "80s pop track with bassy drums and synth",
    "slow blues with groovy saxophone",
    "lo-fi hip hop with electric piano, 80 BPM",
    "uplifting trance, 138 BPM",
    "funk with slap bass, 110 BPM",
    "calm ambient with a synth pad",
    "jazz with piano and double bass",
    "dense punk drums, fast",
    "一段欢快的拉丁音乐，带有小号",
)

# Discord takes 25 choices of up to 100 characters.
_CHOICES = 25
_CHOICE_CHARACTERS = 100
_JAMS = 100

Prompt = app_commands.Range[str, 1, MAX_PROMPT_CHARACTERS]


async def suggest_prompts(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """Suggest the person's earlier prompts, then presets, then words that the model knows."""
    clips = interaction.client.service.clips
    earlier = await clips.prompts(interaction.user.id, current, _CHOICES)
    presets = [text for text in PRESETS if current.casefold() in text.casefold()]
    begun = interaction.client.service.words.complete(current, most=_CHOICES)
    texts = list(dict.fromkeys([*earlier, *presets, *begun]))
    # Discord limits choices, and a truncated one would order another prompt.
    fitting = [text for text in texts if len(text) <= _CHOICE_CHARACTERS]
    return [app_commands.Choice(name=text, value=text) for text in fitting[:_CHOICES]]


async def suggest_clips(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """Suggest the person's own clips, newest first."""
    clips = await interaction.client.service.clips.history(interaction.user.id, _CHOICES, current)
    return _choices(interaction, clips)


async def suggest_clips_in_sight(
    interaction: Interaction, current: str
) -> list[app_commands.Choice[str]]:
    """Suggest the clips of this server that the person can see, newest first."""
    return _choices(interaction, await clips_in_sight(interaction, _CHOICES, current))


def _choices(interaction: Interaction, clips: Sequence[Clip]) -> list[app_commands.Choice[str]]:
    render = own_renderer(interaction)
    return [app_commands.Choice(name=name_clip(render, clip), value=str(clip.id)) for clip in clips]


def name_clip(render: Renderer, clip: Clip) -> str:
    """Return a clip's number, prompt and length, within the limit of a choice."""
    length = render(Sentence("{n} s", n=round(clip.seconds)))
    name = f"{clip.id} · {clip.prompt or render(RANDOM_CLIP)} · {length}"
    return shorten(name, _CHOICE_CHARACTERS)


async def suggest_jams(interaction: Interaction, current: str) -> list[app_commands.Choice[int]]:
    """Suggest the latest jams of this server that everybody can see, newest first."""
    guild = interaction.guild
    if guild is None:
        return []
    render, seen = own_renderer(interaction), sight_of_everybody(guild).channel_ids
    jams = await interaction.client.service.jams.latest_in(guild.id, seen, _JAMS)
    named = [(jam, f"{jam.id} · {render(title_of(jam))}"[:_CHOICE_CHARACTERS]) for jam in jams]
    return [
        app_commands.Choice(name=name, value=jam.id)
        for jam, name in named
        if current.casefold() in name.casefold()
    ][:_CHOICES]


async def suggest_jobs(interaction: Interaction, current: str) -> list[app_commands.Choice[int]]:
    """Suggest the person's unfinished jobs."""
    jobs = await interaction.client.service.requests.unfinished_of(interaction.user.id)
    random = own_renderer(interaction)(RANDOM_CLIP)
    named = [(job, f"{job.id} · {job.order.prompt or random}"[:100]) for job in jobs]
    return [
        app_commands.Choice(name=name, value=job.id)
        for job, name in named
        if current.casefold() in name.casefold()
    ][:_CHOICES]
