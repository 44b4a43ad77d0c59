"""Cut an excerpt: the loudest bars of a sound, or its loudest seconds."""

from __future__ import annotations

import numpy as np

from bot.audio.analysis.rhythm import ATTACK_LEAD_SECONDS, Rhythm
from bot.audio.editing.edit import CROSSING_SECONDS, cut
from bot.audio.mixing import mix_to_mono
from bot.domain.generation import Sound

_BARS, _BEATS = (8, 4, 2, 1), (2, 1)
_STEP_SECONDS = 0.1


def cut_excerpt(sound: Sound, rhythm: Rhythm | None, most_seconds: float) -> Sound:
    """Return the loudest part of a sound of at most `most_seconds`.

    With a rhythm, as many whole bars as fit, or whole beats if a bar is too long; else cut at zero
    crossings. Shorter sounds are returned whole.
    """
    if sound.seconds <= most_seconds:
        return sound
    # Both ends are moved to zero crossings.
    spans = _bar_spans(sound, rhythm, most_seconds - 2 * CROSSING_SECONDS)
    if spans:
        start, end = max(spans, key=lambda span: _power(sound, *span))
        return cut(sound, start - ATTACK_LEAD_SECONDS, end - ATTACK_LEAD_SECONDS)
    starts = list(np.arange(0.0, sound.seconds - most_seconds, _STEP_SECONDS)) or [0.0]
    start = max(starts, key=lambda at: _power(sound, at, at + most_seconds))
    return cut(sound, start, start + most_seconds - _STEP_SECONDS)


def _bar_spans(
    sound: Sound, rhythm: Rhythm | None, most_seconds: float
) -> list[tuple[float, float]]:
    """Return the starts and ends of as many bars, or beats, as fit, as they are played."""
    if rhythm is None:
        return []
    beat = 60 / rhythm.bpm
    counts = [(rhythm.downbeats, rhythm.bar_seconds, bars) for bars in _BARS]
    counts += [(rhythm.beats, beat, beats) for beats in _BEATS]
    for found, length, count in counts:
        lines = [*found, found[-1] + length] if found else []
        spans = [
            (start, end)
            for start, end in zip(lines, lines[count:], strict=False)
            if end <= sound.seconds and end - start <= most_seconds
        ]
        if spans:
            return spans
    return []


def _power(sound: Sound, start: float, end: float) -> float:
    first, last = (round(at * sound.sample_rate_hz) for at in (start, end))
    return float(np.square(mix_to_mono(sound.samples[:, first:last])).mean())
