"""The mixdown of a track: each part about as loud as the others."""

from __future__ import annotations

import numpy as np
import pytest

from bot.audio.editing.loudness import measure
from bot.audio.editing.mixdown import even_out
from bot.domain.generation import Sound

RATE_HZ = 32_000


def part_of(sound, start, stop):
    samples = sound.samples[:, round(start * RATE_HZ) : round(stop * RATE_HZ)]
    return measure(Sound(samples=samples, sample_rate_hz=RATE_HZ)).lufs


def test_parts_of_a_track_are_leveled():
    """A soft part gets the loudness of the others, which stay as they are."""
    noise = np.random.default_rng(1).standard_normal((1, 6 * RATE_HZ)).astype(np.float32)
    levels = np.repeat(np.array([0.1, 0.05, 0.1], np.float32), 2 * RATE_HZ)
    track = Sound(samples=noise * levels, sample_rate_hz=RATE_HZ)
    even = even_out(track, [0.0, 2.0, 4.0])
    assert even.samples.shape == track.samples.shape
    heard = [part_of(even, start, start + 2.0) for start in (0.0, 2.0, 4.0)]
    assert max(heard) - min(heard) < 0.6
    assert heard[0] == pytest.approx(part_of(track, 0.0, 2.0), abs=0.3)


def test_a_track_of_one_part_is_unchanged():
    """There is no other part to compare its loudness with."""
    noise = np.random.default_rng(1).standard_normal((1, RATE_HZ)).astype(np.float32)
    track = Sound(samples=noise * np.float32(0.1), sample_rate_hz=RATE_HZ)
    assert even_out(track, [0.0]) is track
