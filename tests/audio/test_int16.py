"""Samples as 16-bit integers and back."""

from __future__ import annotations

import numpy as np
import pytest

from bot.audio.int16 import from_int16, to_int16
from bot.domain.generation import Sound
from bot.voice.loading import make_track
from bot.voice.playable import PlayedTrack


def test_every_integer_survives_the_way_there_and_back():
    """Both directions have the same scale, whose 1.0 is one step beyond the largest integer."""
    integers = np.arange(-32768, 32768, dtype=np.int16)
    samples = from_int16(integers)
    assert samples.dtype == np.float32
    assert (samples[0], samples[-1]) == (-1.0, np.float32(32767 / 32768))
    assert np.array_equal(to_int16(samples), integers)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_too_loud_is_clipped(dtype):
    """At full scale and beyond nothing wraps around to the other sign."""
    samples = np.array([[1.0, 1.1, 1e9, np.inf], [-1.0, -1.1, -1e9, -np.inf]], dtype)
    assert to_int16(samples).tolist() == [[32767] * 4, [-32768] * 4]


def test_samples_become_the_nearest_integers():
    """The error is at most half a step, and has no sign of its own."""
    steps = np.array([-2.6, -1.4, -0.6, -0.4, 0.4, 0.6, 1.4, 2.6], np.float32)
    assert to_int16(steps / 32768).tolist() == [-3, -1, -1, 0, 0, 1, 1, 3]


def test_a_loaded_track_plays_what_its_clip_holds():
    """To half a step of 16 bits, between the fades; it is too short for a loudness."""
    samples = np.random.default_rng(5).uniform(-0.7, 0.7, (2, 9600)).astype(np.float32)
    track = make_track(Sound(samples=samples, sample_rate_hz=48_000), 1, loops=False)
    played = PlayedTrack(track).take(9600).T
    inside = slice(1000, 8000)
    assert np.abs(played - samples)[:, inside].max() <= 0.5 / 32768
