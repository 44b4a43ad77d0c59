"""From what was made to what is kept: cut as a loop if that is wanted, with its tempo and key."""

from __future__ import annotations

from dataclasses import dataclass

from bot.audio.analysis.key import find_key
from bot.audio.analysis.rhythm import find_rhythm
from bot.audio.editing.edit import make_loop
from bot.domain.generation import Sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A sound and what an ear makes of it; None is what it can't tell."""

    sound: Sound
    bpm: float | None
    key: str | None
    loops: bool
    """Whether it repeats without a bump."""


def finished(sound: Sound, *, as_loop: bool) -> Finished:
    """Return a sound with its tempo and key, cut so that it repeats if that is wanted."""
    rhythm, key = find_rhythm(sound), find_key(sound)
    return Finished(
        sound=make_loop(sound, rhythm).sound if as_loop else sound,
        bpm=None if rhythm is None else round(rhythm.bpm, 1),
        key=None if key is None else key.name,
        loops=as_loop,
    )
