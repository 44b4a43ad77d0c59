"""Cards: what is shown of a clip, of its file, and of what makes the music here."""

from __future__ import annotations

from collections.abc import Mapping

import discord

from bot.domain.clips import Clip, Tags
from bot.domain.jobs import Kind
from bot.domain.status import ModelInfo
from cogs.presentation.messages import link, shown

COLOUR = discord.Colour(0xE8A33D)
PICTURE = "waveform.png"
SPECTROGRAM = "spectrogram.png"


def card(clip: Clip, parent: Clip | None, *, words: bool = True) -> discord.Embed:
    """Return the card under a clip; its picture is the attachment PICTURE.

    Without `words` it doesn't say what was asked for.
    """
    asked = shown(clip.prompt) if words else "a clip, its words held back by this server's filter"
    embed = discord.Embed(description=f"**{asked}**", colour=COLOUR)
    facts = [f"{clip.seconds:.0f} s", f"seed {clip.seed}", clip.model]
    if clip.loops:
        facts.insert(1, "loop")
    if clip.bpm is not None:
        facts.append(f"~{clip.bpm:.0f} BPM")
    if clip.key is not None:
        facts.append(clip.key)
    line = " · ".join(facts)
    if clip.parent_ids:
        line += f"\n{_relation(clip)} {link(parent)}"
    embed.description = f"{embed.description}\n{line}"
    embed.set_image(url=f"attachment://{PICTURE}")
    embed.set_footer(text=f"AI-generated · clip {clip.id}")
    return embed


def _relation(clip: Clip) -> str:
    return {
        Kind.REMIX: "a remix of",
        Kind.CONTINUE: "goes on from",
        Kind.AGAIN: "another take of",
        Kind.LOOP: "a loop of",
    }.get(clip.kind, "made from")


def details(clip: Clip) -> discord.Embed:
    """Return all there is to know of a clip."""
    embed = discord.Embed(title=f"Clip {clip.id}", description=shown(clip.prompt), colour=COLOUR)
    sampling = clip.sampling
    rows = {
        "Made by": f"<@{clip.place.user_id}>, <t:{int(clip.created_at)}:f>",
        "Length": f"{clip.seconds:.1f} s"
        + (f", {clip.seconds_before:.1f} s of it from before" if clip.seconds_before else ""),
        "Seed": f"`{clip.seed}`",
        "Model": clip.model,
        "Guidance": f"{sampling.guidance:g}",
        "Temperature": f"{sampling.temperature:g}",
        "Top-k": str(sampling.top_k),
        "Made in": f"{clip.made_in_seconds:.1f} s",
        "Kind": str(clip.kind),
    }
    if clip.bpm is not None:
        rows["Tempo, by ear"] = f"about {clip.bpm:g} BPM"
    if clip.key is not None:
        rows["Key, by ear"] = clip.key
    if clip.loops:
        rows["Loop"] = "repeats without a bump"
    if clip.stems:
        rows["Stems"] = ", ".join(clip.stems)
    if clip.parent_ids:
        rows["Parents"] = ", ".join(f"clip {parent}" for parent in clip.parent_ids)
    for name, value in rows.items():
        embed.add_field(name=name, value=value)
    return embed


def tags(found: Tags) -> discord.Embed:
    """Say what a file tells of itself."""
    embed = discord.Embed(
        title="AI-generated with Zhiyin", description=shown(found.prompt), colour=COLOUR
    )
    rows = {
        "Seed": f"`{found.seed}`",
        "Model": shown(found.model),
        "Kind": shown(found.kind),
        "Guidance": None if found.guidance is None else f"{found.guidance:g}",
        "Temperature": None if found.temperature is None else f"{found.temperature:g}",
        "Top-k": found.top_k,
        "Tempo, by ear": None if found.bpm is None else f"about {found.bpm:g} BPM",
        "Key, by ear": None if found.key is None else shown(found.key),
        "Loop": "repeats without a bump" if found.loops else None,
        "Clip": found.clip_id,
        "Stem": None if found.stem is None else shown(found.stem),
    }
    for name, value in rows.items():
        if value is not None:
            embed.add_field(name=name, value=str(value))
    embed.set_footer(text="By the tags in the file, which anyone can write.")
    return embed


def about(
    model: ModelInfo | None, name: str, licence: str, waiting: int, seconds_per_second: float | None
) -> discord.Embed:
    """Say what makes the music here."""
    embed = discord.Embed(
        title="Zhiyin 知音",
        description="Music from words, and from each other's clips, made on this server's own "
        "machine by MusicGen on MindSpore.",
        colour=COLOUR,
    )
    embed.add_field(name="Model", value=name)
    embed.add_field(name="Licence of the model", value=licence)
    if model is None:
        embed.add_field(name="State", value="The model is being loaded.")
    else:
        embed.add_field(name="Device", value=model.device)
        embed.add_field(name="At once", value=f"{model.slots} clips")
        speed = "not known yet"
        if seconds_per_second is not None:
            speed = f"{1 / seconds_per_second:.1f} s of music a second, for one clip"
        embed.add_field(name="Speed", value=speed)
    embed.add_field(name="In line", value=str(waiting))
    if "NC" in licence:
        embed.set_footer(text="This model's music may not be used commercially.")
    return embed


def status(facts: Mapping[str, str], last_error: str | None) -> discord.Embed:
    """Say how the bot is doing."""
    embed = discord.Embed(title="How I am doing", colour=COLOUR)
    for name, value in facts.items():
        embed.add_field(name=name, value=value)
    embed.add_field(name="Last error", value=shown(last_error or "none"), inline=False)
    return embed
