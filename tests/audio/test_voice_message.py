"""The picture of a voice message's loudness."""

from __future__ import annotations

import numpy as np
import pytest

from bot.audio.files.voice_message import waveform
from bot.domain.generation import Sound


@pytest.mark.parametrize(("seconds", "points"), [(0.05, 1), (3.0, 30), (25.6, 256), (120.0, 256)])
def test_the_waveform_has_a_point_per_100_ms_and_at_most_256(seconds, points):
    """As Discord's own apps write it."""
    samples = np.ones((2, round(seconds * 8000)), np.float32)
    assert waveform(Sound(samples=samples, sample_rate_hz=8000)) == bytes([255]) * points


def test_the_waveform_follows_the_loudness():
    """The loudest point is 255, silence is 0."""
    samples = np.concatenate([np.zeros(8000), np.full(8000, 0.5), np.full(8000, 0.25)])
    drawn = waveform(Sound(samples=samples.astype(np.float32)[None], sample_rate_hz=8000))
    assert drawn == bytes([0] * 10 + [255] * 10 + [128] * 10)
    silence = Sound(samples=np.zeros((1, 8000), np.float32), sample_rate_hz=8000)
    assert not any(waveform(silence))
