"""The mixdown of a jam's track: parts leveled to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from bot.audio.editing.loudness import measure
from bot.audio.editing.segments import amplify, join
from bot.domain.generation import Sound

_MOST_GAIN_DB = 6.0
# A part may be meant to be a little softer.
_LEAST_GAIN_DB = 0.5
_SEAM_SECONDS = 0.02


def even_out(sound: Sound, starts_seconds: Sequence[float]) -> Sound:
    """Return a track whose parts, which start at these times, are about equally loud.

    Each is leveled to the median, by at most 6 dB, with smooth gain changes.
    """
    length, rate_hz = sound.samples.shape[1], sound.sample_rate_hz
    inner = sorted({round(start * rate_hz) for start in starts_seconds})
    edges = [0, *(edge for edge in inner if 0 < edge < length), length]
    parts = [
        replace(sound, samples=sound.samples[:, start:stop]) for start, stop in pairwise(edges)
    ]
    levels = [measure(part).lufs for part in parts]
    heard = [level for level in levels if level is not None]
    if len(heard) < 2:
        return sound
    gains_db = [_gain_db(level, float(np.median(heard))) for level in levels]
    pieces: list[Sound] = []
    for place, (part, gain_db) in enumerate(zip(parts, gains_db, strict=True)):
        after_db = gains_db[place + 1] if place + 1 < len(parts) else gain_db
        seam = min(round(_SEAM_SECONDS * rate_hz), part.samples.shape[1])
        body = replace(part, samples=part.samples[:, : part.samples.shape[1] - seam])
        if body.samples.shape[1]:
            pieces.append(amplify(body, gain_db))
        ramp = np.linspace(10 ** (gain_db / 20), 10 ** (after_db / 20), seam, dtype=np.float32)
        pieces.append(replace(part, samples=part.samples[:, part.samples.shape[1] - seam :] * ramp))
    return join(pieces)


def _gain_db(level: float | None, wanted: float) -> float:
    if level is None or abs(wanted - level) < _LEAST_GAIN_DB:
        return 0.0
    return max(-_MOST_GAIN_DB, min(_MOST_GAIN_DB, wanted - level))
