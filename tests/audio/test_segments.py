"""Editing through pydub's segments loses nothing of a sound."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.audio.editing.crossfade import crossfade
from bot.audio.editing.segments import (
    SAMPLE_BYTES,
    amplify,
    full_scale,
    join,
    overlay,
    to_segment,
    to_sound,
)
from bot.domain.generation import Sound

RATES_HZ = (11_025, 32_000, 44_100, 48_000)


def drawn(seed, frames=1001, *, channels=2, peak=1.0, rate_hz=44_100):
    """Return noise with this peak."""
    samples = np.random.default_rng(seed).uniform(-1, 1, (channels, frames))
    samples *= peak / max(np.abs(samples).max(initial=0.0), 1e-9)
    return Sound(samples=samples.astype(np.float32), sample_rate_hz=rate_hz)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 1000),
    frames=st.integers(0, 2000),
    channels=st.sampled_from([1, 2]),
    peak=st.floats(1e-6, 1.0, allow_subnormal=False) | st.floats(1.0, 50.0, allow_subnormal=False),
    rate_hz=st.sampled_from(RATES_HZ),
)
def test_a_segment_round_trip_keeps_the_sound(seed, frames, channels, peak, rate_hz):
    """To half a step of 32 bits of its peak, also above full scale."""
    sound = drawn(seed, frames, channels=channels, peak=peak, rate_hz=rate_hz)
    scale = full_scale(sound)
    segment = to_segment(sound, scale)
    assert segment.sample_width == SAMPLE_BYTES == 4
    back = to_sound(segment, scale)
    assert back.sample_rate_hz == rate_hz
    assert back.samples.dtype == np.float32
    assert back.samples.shape == sound.samples.shape
    assert np.abs(back.samples - sound.samples).max(initial=0.0) <= 2.0**-31 * scale
    if frames and np.abs(sound.samples).max() <= 1:
        assert scale <= 1


def test_sixteen_bit_samples_round_trip_exactly():
    """They are the same after any number of joins."""
    whole = np.arange(-(2**15), 2**15, dtype=np.float32)[None] / 2**15
    sound = Sound(samples=whole, sample_rate_hz=32_000)
    joined = join([join([sound, sound]), sound])
    np.testing.assert_array_equal(joined.samples, np.tile(whole, 3))


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("frames", [(1, 1), (0, 7), (999, 1), (32_001, 12_345)])
def test_a_join_has_every_sample_of_both(rate_hz, frames):
    """Also if lengths are no whole milliseconds and one sound is above full scale."""
    first, second = (
        drawn(seed, length, peak=peak, rate_hz=rate_hz)
        for seed, length, peak in zip((1, 2), frames, (0.7, 1.3), strict=True)
    )
    wanted = np.concatenate([first.samples, second.samples], axis=1)
    joined = join([first, second])
    assert joined.sample_rate_hz == rate_hz
    np.testing.assert_allclose(joined.samples, wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("peak", [1e-5, 0.4, 1.0, 3.0])
def test_an_overlay_is_the_sum(rate_hz, peak):
    """Of all samples; peaks are not clipped if both sounds are at full scale."""
    first, second = (drawn(seed, 12_347, peak=peak, rate_hz=rate_hz) for seed in (1, 2))
    for over in (first, second):
        found = overlay(first, over).samples
        np.testing.assert_allclose(found, first.samples + over.samples, rtol=0, atol=1e-6 * peak)


@settings(max_examples=30)
@given(
    gain_db=st.floats(-90, 90, allow_subnormal=False),
    peak=st.sampled_from([1e-5, 0.3, 1.0, 2.5]),
)
def test_a_gain_is_as_exact_as_floats_are(gain_db, peak):
    """Even for large gains: no bits are lost."""
    sound = drawn(3, peak=peak)
    wanted = sound.samples.astype(np.float64) * 10 ** (gain_db / 20)
    found = amplify(sound, gain_db).samples
    np.testing.assert_allclose(found, wanted, rtol=2**-23, atol=2**-28 * np.abs(wanted).max())


def test_zero_gain_and_nan_samples_change_nothing():
    """Samples that are not numbers pass; writing them is what is refused."""
    sound = drawn(4)
    assert amplify(sound, 0) is sound
    broken = Sound(samples=np.full((1, 9), np.nan, np.float32), sample_rate_hz=32_000)
    assert amplify(broken, 3) is broken


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("alike", [0.0, 0.6, 1.0])
def test_a_crossfade_follows_the_equal_power_formula(rate_hz, alike):
    """Corrected for the correlation of both sounds, to 1e-6."""
    first = drawn(5, 4_001, rate_hz=rate_hz)
    other = drawn(6, 4_001, rate_hz=rate_hz)
    mixed = np.float32(alike) * first.samples + np.float32(1 - alike) * other.samples
    second = Sound(samples=mixed, sample_rate_hz=rate_hz)
    one, two = first.samples.astype(np.float64), second.samples.astype(np.float64)
    likeness = (one * two).sum() / np.sqrt(np.square(one).sum() * np.square(two).sum())
    angle = (np.arange(4_001) + 0.5) / 4_001 * np.pi / 2
    even = np.sqrt(1 + 2 * likeness * np.cos(angle) * np.sin(angle))
    wanted = (one * np.cos(angle) + two * np.sin(angle)) / even
    np.testing.assert_allclose(crossfade(first, second).samples, wanted, rtol=0, atol=1e-6)


def test_pydub_s_missing_dependency_warnings_are_suppressed(tmp_path):
    """It warns of a missing ffmpeg, which is not used, and of escapes in its source."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import bot.audio.editing.segments"],
        env={**os.environ, "PATH": "", "PYTHONPYCACHEPREFIX": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
