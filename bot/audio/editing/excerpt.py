"""Cut an excerpt: the loudest bars of a sound, or its loudest seconds."""

from __future__ import annotations

import numpy as np

from bot.audio.analysis.rhythm import Rhythm
from bot.audio.editing.edit import cut
from bot.audio.mixing import mix_to_mono
from bot.domain.generation import Sound

_BARS = (8, 4, 2, 1)
_STEP_SECONDS = 0.1


def cut_excerpt(sound: Sound, rhythm: Rhythm | None, most_seconds: float) -> Sound:
    """Return the loudest part of a sound of at most `most_seconds`.

    With a rhythm, as many whole bars as fit, or whole beats if a bar is too long; else cut at zero
    crossings. Shorter sounds are returned whole.
    """
    if sound.seconds <= most_seconds:
        return sound
    starts, length = _bar_starts(sound, rhythm, most_seconds)
    if rhythm is not None and starts:
        start = max(starts, key=lambda at: _power(sound, at, length))
        # A cut begins a moment before its beat.
        return cut(sound, start, start + length, rhythm)
    starts = list(np.arange(0.0, sound.seconds - most_seconds, _STEP_SECONDS)) or [0.0]
    start = max(starts, key=lambda at: _power(sound, at, most_seconds))
    length = most_seconds - _STEP_SECONDS
    return cut(sound, start, start + length)


def _bar_starts(
    sound: Sound, rhythm: Rhythm | None, most_seconds: float
) -> tuple[list[float], float]:
    """Return where as many bars, or beats, as fit can begin, and how long they are."""
    if rhythm is None:
        return [], 0.0
    beat = 60 / rhythm.bpm
    lengths = [(rhythm.downbeats, bars * rhythm.bar_seconds) for bars in _BARS]
    lengths += [(rhythm.beats, beats * beat) for beats in (2, 1)]
    for lines, length in lengths:
        starts = [at for at in lines if at + length <= sound.seconds]
        if length <= most_seconds and starts:
            return starts, length
    return [], 0.0


def _power(sound: Sound, start: float, seconds: float) -> float:
    first, last = (round(at * sound.sample_rate_hz) for at in (start, start + seconds))
    return float(np.square(mix_to_mono(sound.samples[:, first:last])).mean())
