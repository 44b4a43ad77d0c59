"""The card of takes that share a message, and their progress."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import discord

from bot.domain.clips import Clip
from bot.domain.status import JobProgress
from bot.domain.takes import Take
from bot.i18n.contexts import KEY
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence, Term
from cogs.presentation import cards, messages, progress_messages

CHOOSE = Sentence("Press a number for all that can be done with that take.")


def takes_card(
    render: Renderer,
    takes: Sequence[Take],
    shown: Sequence[Take],
    card: discord.Embed,
    asked: Sentence,
) -> discord.Embed:
    """Return the card of the takes in `shown`, with how the others ended.

    `card` is that of the first one; its source stands below the takes. `asked` is the prompt.
    """
    lines = []
    for take in takes:
        if take in shown:
            lines.append(render(take_line(take)))
        elif take.job.sentence is not None:
            ended = Sentence(
                "`{number}` {sentence}", number=take.number, sentence=take.job.sentence
            )
            lines.append(render(ended))
    _, _, below = (card.description or "").partition("\n")
    _, _, came_from = below.partition("\n")
    parts = [f"**{render(asked)}**", *lines, *([came_from] if came_from else []), render(CHOOSE)]
    embed = discord.Embed(description="\n".join(parts), colour=cards.COLOUR)
    embed.set_image(url=f"attachment://{cards.PICTURE}")
    embed.set_footer(text=render(Sentence("AI-generated · {model}", model=_first(shown).model)))
    return embed


def take_line(take: Take) -> Sentence:
    """Return what distinguishes a take: number, length, seed, tempo and key."""
    clip = take.clip
    assert clip is not None
    line = Sentence(
        "`{number}` clip {id} · {seconds:.0f} s · seed {seed}",
        number=take.number,
        id=clip.id,
        seconds=clip.seconds,
        seed=str(clip.seed),
    )
    if clip.loops:
        line = Sentence("{line} · loop", line=line)
    if clip.bpm is not None:
        line = Sentence("{line} · ~{bpm:.0f} BPM", line=line, bpm=clip.bpm)
    if clip.key is not None:
        line = Sentence("{line} · {key}", line=line, key=Term(KEY, clip.key))
    return line


def takes_progress(takes: Sequence[tuple[Take, JobProgress | None]]) -> Sentence:
    """Return the combined progress of the takes of a message."""
    coming = [
        (take, progress) for take, progress in takes if take.is_being_made or take.is_to_be_posted
    ]
    making = [progress for take, progress in coming if take.is_being_made and progress is not None]
    ready = sum(take.is_to_be_posted for take, _ in coming)
    if not making:
        return messages.IN_LINE
    first = next((each for each in making if each.is_running), making[0])
    left = [each.seconds_left for each in making if each.seconds_left is not None]
    together = dataclasses.replace(
        first,
        share=(ready + sum(each.share for each in making)) / len(coming),
        seconds_left=max(left) if left else None,
    )
    job = next(take.job for take, _ in coming if take.is_being_made)
    return Sentence(
        "{progress}\n{ready} of {count} takes ready",
        progress=progress_messages.progress(job, together),
        ready=ready,
        count=len(coming),
    )


def _first(shown: Sequence[Take]) -> Clip:
    clip = shown[0].clip
    assert clip is not None
    return clip
