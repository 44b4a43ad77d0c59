"""What is played next, and how one track goes over into another."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.audio.files.opus_packets import RATE_HZ

Frames = NDArray[np.int16]
"""16-bit stereo at 48 kHz, [samples, 2]: half the memory of floating point."""

_PLAIN_SECONDS = 2.0
_MOST_SECONDS = 8.0
_BARS = (2, 1)
_SAME_TEMPO = 0.03
_MOST_OF_TRACK = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Track:
    """A clip that is ready to be played; times are in samples at 48 kHz."""

    clip_id: int
    frames: Frames
    bars: tuple[int, ...] = ()
    """Where its bars begin; empty where it has no steady beat."""
    bar_samples: float = 0.0
    key: str | None = None
    """Such as "A minor"."""

    @property
    def length(self) -> int:
        """Return how long it is, in samples."""
        return len(self.frames)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blend:
    """How one track goes over into the next; all in samples at 48 kHz."""

    leave: int
    """Where in the first the fade begins."""
    enter: int
    """What of the second is heard then."""
    length: int


def plan_blend(first: Track, second: Track) -> Blend:
    """Return how a track goes over into another, near its end.

    Over whole bars from bar line to bar line, where both have the same tempo within 3 % and keys
    that go together; else over 2 s, and from a bar line where there is one.
    """
    most = min(
        _MOST_SECONDS * RATE_HZ, first.length * _MOST_OF_TRACK, second.length * _MOST_OF_TRACK
    )
    if _keep_time(first, second) and go_together(first.key, second.key):
        for bars in _BARS:
            length = round(bars * first.bar_samples)
            starts = [each for each in first.bars if each + length <= first.length]
            if length <= most and starts and starts[-1] >= first.length / 2:
                return Blend(leave=starts[-1], enter=second.bars[0], length=length)
    length = max(1, min(round(_PLAIN_SECONDS * RATE_HZ), int(most)))
    return Blend(leave=first.length - length, enter=0, length=length)


def _keep_time(first: Track, second: Track) -> bool:
    if not first.bars or not second.bars or min(first.bar_samples, second.bar_samples) <= 0:
        return False
    # A pickup longer than a bar would be lost.
    if second.bars[0] > second.bar_samples:
        return False
    return abs(math.log(first.bar_samples / second.bar_samples)) <= math.log1p(_SAME_TEMPO)


_NOTES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_SHARPS = {"Db": "C#", "D#": "Eb", "Gb": "F#", "G#": "Ab", "A#": "Bb"}


def go_together(first: str | None, second: str | None) -> bool:
    """Tell whether two keys are at most a fifth apart, relatives counted as one.

    Without a key anything goes: drums alone have none.
    """
    places = [_fifths(each) for each in (first, second)]
    if places[0] is None or places[1] is None:
        return True
    apart = abs(places[0] - places[1]) % 12
    return min(apart, 12 - apart) <= 1


def _fifths(key: str | None) -> int | None:
    """Return a key's place on the circle of fifths, a minor one's that of its relative."""
    note, _, mode = (key or "").replace("♯", "#").replace("♭", "b").partition(" ")
    note = _SHARPS.get(note, note)
    if note not in _NOTES:
        return None
    pitch = _NOTES.index(note) + (3 if mode == "minor" else 0)
    return pitch * 7 % 12
