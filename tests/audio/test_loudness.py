"""The loudness of clips: the same for all, with peaks below the limit."""

from __future__ import annotations

import io
import re
import subprocess

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.audio.editing import loudness
from bot.audio.editing.k_weighting import step_powers
from bot.audio.editing.loudness import level_together, measure
from bot.audio.ffmpeg import find_ffmpeg
from bot.audio.files import post
from bot.audio.files.formats import FORMATS
from bot.domain.clips import Tags
from bot.domain.generation import Sound

RATE_HZ = 32_000
TAGS = Tags(prompt="rock", seed=1, model="starter", kind="music")


def tone(level_db, *, hertz=997, seconds=4.0, channels=1, rate_hz=RATE_HZ):
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    samples = 10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * times)
    return Sound(samples=np.tile(samples.astype(np.float32), (channels, 1)), sample_rate_hz=rate_hz)


def music(gain=1.0, *, seconds=6.0, channels=1):
    """Notes with attacks over soft noise, as uneven as music is."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    random = np.random.default_rng(3)
    notes = np.sin(2 * np.pi * 220 * times) * np.exp(-6 * (times % 0.5))
    samples = gain * (0.5 * notes + 0.02 * random.normal(size=len(times)))
    return Sound(samples=np.tile(samples.astype(np.float32), (channels, 1)), sample_rate_hz=RATE_HZ)


@pytest.mark.parametrize(
    ("level_db", "channels", "lufs"), [(-20, 2, -20.0), (-33, 2, -33.0), (-20, 1, -23.0)]
)
def test_loudness_matches_itu_r_bs_1770(level_db, channels, lufs):
    """A tone of 997 Hz at -20 dB is -20 LUFS in both channels, and 3 less in one."""
    found = loudness.measure(tone(level_db, channels=channels))
    assert found.lufs == pytest.approx(lufs, abs=0.15)
    assert found.peak_dbtp == pytest.approx(level_db, abs=0.1)


def uneven(seconds, channels, rate_hz):
    """Low and high tones with attacks over noise, much softer for three seconds in five."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    samples = 0.3 * np.sin(2 * np.pi * 220 * times) * np.exp(-3 * (times % 1.0))
    samples = (
        samples + 0.2 * np.sin(2 * np.pi * 40 * times) + 0.1 * np.sin(2 * np.pi * 3000 * times)
    )
    samples = samples + np.random.default_rng(7).normal(size=(channels, len(times))) / 50
    samples = (samples * np.where(times % 5 < 2, 1.0, 0.01)).astype(np.float32)
    return Sound(samples=samples, sample_rate_hz=rate_hz)


@pytest.mark.parametrize(
    ("seconds", "channels", "rate_hz"),
    [(0.4, 1, 32_000), (7.35, 1, 32_000), (7.35, 2, 44_100), (23.0, 2, 16_000), (3.0, 1, 22_050)],
)
def test_loudness_is_what_ffmpeg_measures(seconds, channels, rate_hz):
    """To 0.1 LU, which is what ffmpeg prints: low and high tones, soft parts, any rate."""
    sound = uneven(seconds, channels, rate_hz)
    given_as = f"-f f32le -ar {rate_hz} -ac {channels} -i pipe:0 -filter:a ebur128 -f null -"
    done = subprocess.run(
        [find_ffmpeg(), "-nostdin", *given_as.split()],
        input=np.ascontiguousarray(sound.samples.T).tobytes(),
        capture_output=True,
        check=True,
    )
    lufs = float(re.findall(r"I: +(-?\d+\.\d) LUFS", done.stderr.decode())[-1])
    assert loudness.measure(sound).lufs == pytest.approx(lufs, abs=0.08)


@pytest.mark.parametrize("around_db", [-36, -72])
def test_quiet_passages_are_gated(around_db):
    """As in signals 3 and 4 of EBU Tech 3341, soft ends leave the loudness at -23 LUFS."""
    soft = tone(around_db, hertz=1000, seconds=2.0, channels=2).samples
    loud = tone(-23, hertz=1000, seconds=12.0, channels=2).samples
    samples = np.concatenate([soft, loud, soft], axis=1)
    found = loudness.measure(Sound(samples=samples, sample_rate_hz=RATE_HZ))
    assert found.lufs == pytest.approx(-23.0, abs=0.1)


def test_filter_state_carries_over_between_pieces():
    """The power of later steps does not depend on where the sound begins."""
    whole = uneven(9.0, 1, RATE_HZ)
    later = Sound(samples=whole.samples[:, 17 * RATE_HZ // 10 :], sample_rate_hz=RATE_HZ)
    np.testing.assert_allclose(step_powers(later)[3:], step_powers(whole)[20:], rtol=1e-6)


def test_inter_sample_peaks_are_detected():
    """A tone at a quarter of the rate may peak 3 dB above its samples."""
    times = np.arange(RATE_HZ) + 0.5
    samples = np.sin(np.pi / 2 * times)[None].astype(np.float32)
    assert np.abs(samples).max() < 0.71
    found = loudness.peak_dbtp(Sound(samples=samples, sample_rate_hz=RATE_HZ))
    assert found == pytest.approx(0.0, abs=0.3)


@pytest.mark.parametrize("gain", [0.01, 0.3, 1.0, 8.0])
@pytest.mark.parametrize("channels", [1, 2])
def test_all_clips_have_the_target_loudness(gain, channels):
    """A soft clip and one beyond full scale get the target, with peaks below the limit."""
    found = loudness.measure(loudness.level(music(gain, channels=channels)))
    assert found.lufs == pytest.approx(loudness.TARGET_LUFS, abs=0.5)
    assert found.peak_dbtp < loudness.MOST_DBTP


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("gain", [0.3, 8.0])
def test_decoded_files_stay_below_the_peak_limit(kind, gain):
    """The encoder's changes are included: the limit holds for what people hear."""
    style = post.Style(format=kind)
    posted = post.encode_for_post(music(gain), max_bytes=10**8, tags=TAGS, style=style)
    samples, rate_hz = soundfile.read(io.BytesIO(posted.data), dtype="float32", always_2d=True)
    heard = Sound(samples=samples.T, sample_rate_hz=rate_hz)
    assert loudness.peak_dbtp(heard) <= loudness.MOST_DBTP + 0.05
    assert loudness.measure(heard).lufs == pytest.approx(loudness.TARGET_LUFS, abs=1.0)


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.3, 2.0])
def test_silence_stays_silent(seconds):
    """It gets no gain, and raises no error."""
    silence = Sound(
        samples=np.zeros((2, round(seconds * RATE_HZ)), np.float32), sample_rate_hz=RATE_HZ
    )
    assert np.array_equal(loudness.level(silence).samples, silence.samples)


def test_the_limiter_reduces_gain_smoothly():
    """A single peak lowers the gain for a few milliseconds only, along a smooth curve."""
    sound = music(0.5)
    samples = sound.samples.copy()
    samples[0, 3 * RATE_HZ] = 1.5
    limited = loudness._limit(Sound(samples=samples, sample_rate_hz=RATE_HZ)).samples
    away = np.abs(np.arange(samples.shape[1]) - 3 * RATE_HZ) > 0.02 * RATE_HZ
    assert np.array_equal(limited[0, away], samples[0, away])
    loud = np.abs(samples[0]) > 1e-3
    gain = limited[0, loud] / samples[0, loud]
    assert gain.min() < 0.6
    assert np.abs(np.diff(gain)).max() < 0.02


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(0, RATE_HZ - 1), st.floats(-4, 4, allow_subnormal=False)), max_size=20
    )
)
def test_no_peak_exceeds_the_limiter(peaks):
    """For any number of peaks at any place."""
    samples = np.zeros((1, RATE_HZ), np.float32)
    for place, height in peaks:
        samples[0, place] += height
    limited = loudness._limit(Sound(samples=samples, sample_rate_hz=RATE_HZ))
    assert np.abs(limited.samples).max() <= 10 ** (loudness.MOST_DBTP / 20)


def test_a_mix_and_its_parts_are_turned_up_together():
    """They get one gain, limited by the highest peak, so the parts still add up to the mix."""
    random = np.random.default_rng(1)
    quiet = [(0.02 * random.standard_normal((1, 64_000))).astype(np.float32) for _ in range(3)]
    quiet[2][0, 100] = 0.3
    parts = [Sound(samples=each, sample_rate_hz=32_000) for each in quiet]
    mix = Sound(samples=np.sum(quiet, axis=0), sample_rate_hz=32_000)
    louder, louder_parts = level_together(mix, parts)
    gain = louder.samples[0, 500] / mix.samples[0, 500]
    assert gain > 1.5
    for before, after in zip(parts, louder_parts, strict=True):
        np.testing.assert_allclose(after.samples, gain * before.samples, rtol=1e-4, atol=1e-6)
    assert max(measure(each).peak_dbtp for each in (louder, *louder_parts)) <= -1.0


def test_silence_and_its_parts_stay_silent():
    """They get no gain."""
    silence = Sound(samples=np.zeros((1, 32_000), np.float32), sample_rate_hz=32_000)
    mix, parts = level_together(silence, [silence])
    assert not mix.samples.any() and not parts[0].samples.any()
