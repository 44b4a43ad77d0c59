"""Finish a generated sound: cut a loop if that is wanted, detect tempo and key."""

from __future__ import annotations

from dataclasses import dataclass

from bot.audio.analysis.key import find_key
from bot.audio.analysis.rhythm import find_rhythm
from bot.audio.editing.edit import make_loop
from bot.domain.generation import Sound


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedClip:
    """A sound with its detected tempo and key; None where they are unclear."""

    sound: Sound
    bpm: float | None
    key: str | None
    loops: bool
    """Whether it loops seamlessly."""


def finish(sound: Sound, *, as_loop: bool) -> FinishedClip:
    """Return a sound with its tempo and key, cut to a loop if that is wanted."""
    rhythm, key = find_rhythm(sound), find_key(sound)
    return FinishedClip(
        sound=make_loop(sound, rhythm).sound if as_loop else sound,
        bpm=None if rhythm is None else round(rhythm.bpm, 1),
        key=None if key is None else key.name,
        loops=as_loop,
    )
