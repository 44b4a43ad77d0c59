"""Embeds: clip card, clip details, file tags, bot status."""

from __future__ import annotations

import re
from collections.abc import Sequence

import discord

from bot.app.services.operations import EngineStatus
from bot.domain.clips import Clip, Tags
from bot.domain.jobs import Kind
from bot.i18n.contexts import KEY, KIND, STEM
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Plural, Sentence, Term, listing, term, verbatim
from cogs.presentation.messages import link
from cogs.presentation.mix_messages import mix_of
from cogs.presentation.prompts import escape, quote_prompt, shorten

COLOUR = discord.Colour(0xE8A33D)
PICTURE = "waveform.png"
SPECTROGRAM = "spectrogram.png"

WORDS_HELD_BACK = Sentence("a clip, its words held back by this server's filter")
SEAMLESS = Sentence("loops seamlessly")

_FIELD_CHARACTERS = 1024
"""Discord's limit for the value of a field; an embed may have 6,000 in all."""
_LINE_CHARACTERS = 300

Row = tuple[Sentence, Sentence | str | None]
"""A name and a value; a value of None is left out."""


def card(
    render: Renderer,
    clip: Clip,
    parent: Clip | None,
    *,
    words: bool = True,
    credits_line: str | None = None,
    second_parent: Clip | None = None,
) -> discord.Embed:
    """Return the card under a clip; its picture is the attachment PICTURE.

    Without `words` the prompt is left out. `credits_line` names the people behind it.
    """
    asked = render(quote_prompt(clip.prompt) if words else WORDS_HELD_BACK)
    facts = [Sentence("{n} s", n=round(clip.seconds)), Sentence("seed {seed}", seed=str(clip.seed))]
    facts.append(verbatim(clip.model))
    if clip.kind is Kind.RANDOM:
        facts.insert(1, Sentence("at random"))
    if clip.loops:
        facts.insert(1, Sentence("loop"))
    if clip.bpm is not None:
        facts.append(Sentence("~{bpm:.0f} BPM", bpm=clip.bpm))
    if clip.key is not None:
        facts.append(term(KEY, clip.key))
    line = " · ".join(render(fact) for fact in facts)
    if clip.mixed is not None:
        by_id = {each.id: link(each) for each in (parent, second_parent) if each is not None}
        gone = link(None)
        lead, other = (by_id.get(id_, gone) for id_ in (clip.mixed.lead_id, clip.mixed.other_id))
        line += f"\n{render(mix_of(clip.mixed, lead, other))}"
    elif clip.parent_ids:
        line += f"\n{render(_relation(clip, link(parent)))}"
    elif clip.upload_name is not None and words:
        line += f"\n{render(_relation(clip, verbatim(f'*{escape(clip.upload_name)}*')))}"
    if credits_line is not None:
        line += f"\n{credits_line}"
    embed = discord.Embed(description=f"**{asked}**\n{line}", colour=COLOUR)
    embed.set_image(url=f"attachment://{PICTURE}")
    embed.set_footer(text=render(Sentence("AI-generated · clip {id}", id=clip.id)))
    return embed


def _relation(clip: Clip, parent: Sentence) -> Sentence:
    match clip.kind:
        case Kind.REMIX:
            return Sentence("a remix of {parent}", parent=parent)
        case Kind.CONTINUE:
            return Sentence("continues {parent}", parent=parent)
        case Kind.AGAIN:
            return Sentence("another take of {parent}", parent=parent)
        case Kind.LOOP:
            return Sentence("a loop of {parent}", parent=parent)
        case Kind.JAM_TURN:
            return Sentence("a turn after {parent}", parent=parent)
        case Kind.JAM_MIX:
            return Sentence("the mixdown of a jam that ended with {parent}", parent=parent)
        case _:
            return Sentence("made from {parent}", parent=parent)


def details(render: Renderer, clip: Clip) -> discord.Embed:
    """Return all that is known of a clip."""
    embed = discord.Embed(
        title=render(Sentence("Clip {id}", id=clip.id)),
        description=render(quote_prompt(clip.prompt)),
        colour=COLOUR,
    )
    length = Sentence("{seconds:.1f} s", seconds=clip.seconds)
    if clip.seconds_before:
        length = Sentence(
            "{seconds:.1f} s, of which {before:.1f} s were kept",
            seconds=clip.seconds,
            before=clip.seconds_before,
        )
    sampling, parents = (
        clip.sampling,
        listing([Sentence("clip {id}", id=parent) for parent in clip.parent_ids]),
    )
    made_by = f"<@{clip.origin.user_id}>, <t:{int(clip.created_at)}:f>"
    rows: list[Row] = [
        (Sentence("Made by"), made_by),
        (Sentence("Length"), length),
        (Sentence("Seed"), f"`{clip.seed}`"),
        (Sentence("Model"), clip.model),
        (Sentence("Guidance"), f"{sampling.guidance:g}"),
        (Sentence("Temperature"), f"{sampling.temperature:g}"),
        (Sentence("Top-k"), str(sampling.top_k)),
        (Sentence("Made in"), Sentence("{seconds:.1f} s", seconds=clip.made_in_seconds)),
        (Sentence("Kind"), term(KIND, clip.kind.value)),
        (Sentence("Tempo"), _tempo(clip.bpm)),
        (Sentence("Key"), clip.key and term(KEY, clip.key)),
        (Sentence("Loop"), SEAMLESS if clip.loops else None),
        (Sentence("Stems"), _stems(clip.stems) if clip.stems else None),
        (Sentence("Parents"), parents if clip.parent_ids else None),
    ]
    return _with_rows(embed, render, rows)


def _stems(names: Sequence[str]) -> Sentence:
    return listing([Term(STEM, name) for name in names])


def tags(render: Renderer, found: Tags) -> discord.Embed:
    """Return the tags of a file."""
    embed = discord.Embed(
        title=render(Sentence("AI-generated with Zhiyin")),
        description=render(quote_prompt(found.prompt)),
        colour=COLOUR,
    )
    rows: list[Row] = [
        (Sentence("Seed"), None if found.seed is None else f"`{found.seed}`"),
        (Sentence("Model"), escape(found.model)),
        (Sentence("Kind"), term(KIND, escape(found.kind))),
        (Sentence("Guidance"), None if found.guidance is None else f"{found.guidance:g}"),
        (Sentence("Temperature"), None if found.temperature is None else f"{found.temperature:g}"),
        (Sentence("Top-k"), None if found.top_k is None else str(found.top_k)),
        (Sentence("Tempo"), _tempo(found.bpm)),
        (Sentence("Key"), None if found.key is None else term(KEY, escape(found.key))),
        (Sentence("Loop"), SEAMLESS if found.loops else None),
        (Sentence("Clip"), None if found.clip_id is None else str(found.clip_id)),
        (Sentence("Stem"), None if found.stem is None else term(STEM, escape(found.stem))),
    ]
    embed.set_footer(
        text=render(Sentence("Read from the tags in the file, which anyone can change."))
    )
    return _with_rows(embed, render, rows)


def about(
    render: Renderer,
    engine: EngineStatus,
    name: str,
    licence: str,
    waiting: int,
) -> discord.Embed:
    """Return the model, its licence and its speed."""
    embed = discord.Embed(
        title="Zhiyin 知音",
        description=render(
            Sentence(
                "I make music from words, and from each other's clips, on my owner's own machine: "
                "MusicGen on MindSpore."
            )
        ),
        colour=COLOUR,
    )
    rows: list[Row] = [(Sentence("Model"), name), (Sentence("Model licence"), licence)]
    if engine.model is None:
        rows.append((Sentence("State"), Sentence("The model is being loaded.")))
    else:
        speed = Sentence("not known yet")
        if engine.seconds_per_second is not None:
            speed = Sentence(
                "{speed:.1f} s of music a second, for one clip", speed=1 / engine.seconds_per_second
            )
        rows += [
            (Sentence("Device"), _device(engine.model.device)),
            (Sentence("At once"), Plural("{n} clip", "{n} clips", n=engine.model.slots)),
            (Sentence("Speed"), speed),
        ]
    rows.append((Sentence("In the queue"), str(waiting)))
    _with_rows(embed, render, rows)
    if engine.trouble is not None:
        embed.add_field(
            name=render(Sentence("Trouble")),
            value=shorten(render(engine.trouble), _FIELD_CHARACTERS),
            inline=False,
        )
    if "NC" in licence:
        embed.set_footer(text=render(Sentence("This model's music may not be used commercially.")))
    return embed


def status(
    render: Renderer, rows: Sequence[Row], workers: Sequence[str], last_error: str | None
) -> discord.Embed:
    """Return the status of the bot, with as many of the workers' lines as fit into a field."""
    embed = discord.Embed(title=render(Sentence("How I am doing")), colour=COLOUR)
    _with_rows(embed, render, rows)
    if workers:
        lines = _fitting(render, [shorten(line, _LINE_CHARACTERS) for line in workers])
        embed.add_field(name=render(Sentence("Workers")), value=lines, inline=False)
    error = render(Sentence("none")) if last_error is None else escape(last_error)
    embed.add_field(name=render(Sentence("Last error")), value=error, inline=False)
    return embed


def _fitting(render: Renderer, lines: Sequence[str]) -> str:
    """Return the first lines that fit into a field, and how many more there are."""
    text, kept = "\n".join(lines), len(lines)
    while len(text) > _FIELD_CHARACTERS:
        kept -= 1
        more = render(Sentence("… and {n} more", n=len(lines) - kept))
        text = "\n".join([*lines[:kept], more])
    return text


def _tempo(bpm: float | None) -> Sentence | None:
    return None if bpm is None else Sentence("about {bpm:g} BPM", bpm=bpm)


def _device(text: str) -> Sentence:
    """Return a worker's description of its machine, which is English, as a sentence."""
    cores = re.fullmatch(r"(\d+) processor cores", text)
    if cores is None:
        return verbatim(text)
    return Plural("{n} processor core", "{n} processor cores", n=int(cores[1]))


def _with_rows(embed: discord.Embed, render: Renderer, rows: Sequence[Row]) -> discord.Embed:
    for name, value in rows:
        if value is not None:
            text = render(value) if isinstance(value, Sentence) else value
            embed.add_field(name=render(name), value=shorten(text, _FIELD_CHARACTERS))
    return embed
