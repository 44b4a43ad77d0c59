"""Loops that repeat seamlessly, cuts that do not click, joins that stay in time."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.audio.analysis.rhythm import find_rhythm
from bot.audio.editing.crossfade import crossfade, fade
from bot.audio.editing.edit import cut, join_with_crossfade, make_loop
from bot.audio.editing.loudness import measure
from bot.domain.generation import Sound
from bot.errors import RequestError
from tests.support.known_sounds import (
    RATE_HZ,
    chords,
    click,
    drone,
    drums,
    grouped_drums,
    noise,
    pulse,
    sound_of,
    struck,
    times_of,
    tone,
)
from tests.support.seam_step import seam_step


def pad(seconds=10.0):
    """Return chords that fade into each other and vary in loudness."""
    time_s = times_of(seconds)
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * time_s / 3.7)
    voices = [np.sin(2 * np.pi * hz * time_s + 3 * np.sin(time_s)) for hz in (131, 165, 196, 262)]
    return 0.1 * swell * sum(voices)


def song(seconds=12.0, bpm=112, first=0.3):
    """Return drums over chords that change with each bar."""
    bars = chords(2, "minor", 240 / bpm, times=5)
    harmony = np.pad(bars, (round(first * RATE_HZ), 0))[: round(seconds * RATE_HZ)]
    return 0.4 * harmony + 0.4 * drums(bpm, seconds, first)


def fading(samples, seconds=2.0):
    """Return samples that fade out at their end, as many clips do."""
    slope = np.minimum(1, times_of(len(samples) / RATE_HZ)[::-1] / seconds)
    return samples * slope[: len(samples)]


KINDS = {
    "song": lambda: song(),
    "song that fades": lambda: fading(song()),
    "song that rings in": lambda: fading(song()[::-1])[::-1],
    "drums": lambda: drums(96, 10, 0.4) + noise(10, level=0.001),
    "waltz": lambda: drums(130, 10, 0.2, beats_per_bar=3) + noise(10, level=0.001),
    "pulse": lambda: pulse(120) + noise(10, level=0.001),
    "pad": lambda: pad(),
    "pad that fades": lambda: fading(pad()),
    "drone": lambda: drone(),
    "sine": lambda: 0.3 * np.sin(2 * np.pi * 97.37 * times_of(10)),
    "noise that grows": lambda: noise(10) * np.linspace(0.2, 1, 10 * RATE_HZ),
    "noise": lambda: noise(10),
}


@functools.cache
def of_kind(kind):
    """Return the samples of this kind; each kind is generated once."""
    return KINDS[kind]()


# Kinds whose plain clip has an audible discontinuity when it is repeated.
BUMPS = ["song", "pad", "drone", "sine", "noise that grows"]


@pytest.mark.parametrize("with_rhythm", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_a_loop_s_seam_is_no_larger_than_its_other_steps(kind, with_rhythm):
    """Neither spectrum nor wave changes more at the seam than elsewhere in the loop."""
    sound = sound_of(of_kind(kind))
    loop = make_loop(sound, find_rhythm(sound) if with_rhythm else None)
    spectrum, wave = seam_step(loop.sound)
    assert spectrum <= 1
    assert wave <= 1
    assert loop.sound.samples.dtype == np.float32
    assert loop.sound.seconds >= (0.15 if with_rhythm else 0.35) * sound.seconds


@pytest.mark.parametrize("kind", BUMPS)
def test_repeating_the_whole_clip_has_a_discontinuity(kind):
    """The measure used above detects the seam of clips that are no loops."""
    assert max(seam_step(sound_of(of_kind(kind)))) > 1.5


def test_an_uncorrected_cut_of_whole_bars_has_a_discontinuity():
    """The length is right, but the wave breaks off."""
    sound = sound_of(of_kind("drone"))
    bar = 2 * RATE_HZ
    naive = Sound(samples=sound.samples[:, bar + 77 : 3 * bar], sample_rate_hz=RATE_HZ)
    assert max(seam_step(naive)) > 1.5


@pytest.mark.parametrize(
    ("bpm", "seconds", "bars"),
    [(120, 10, 4), (96, 10, 2), (112, 12.9, 4), (140, 30, 16), (75, 5, 1)],
)
def test_a_loop_is_the_most_whole_bars_that_fit(bpm, seconds, bars):
    """Its length is exact, and it begins shortly before a downbeat."""
    sound = sound_of(song(seconds, bpm, first=0.25))
    loop = make_loop(sound, find_rhythm(sound))
    assert loop.bars == bars
    assert loop.sound.seconds == pytest.approx(bars * 240 / bpm, rel=2e-4)
    place = (loop.start_seconds - 0.25) / (240 / bpm)
    assert -0.035 < (place - round(place)) * 240 / bpm < 0.005


def test_a_clip_of_exactly_so_many_bars_is_kept_whole():
    """The loop has all its bars and a seamless joint, without anything before or after."""
    sound = sound_of(song(8.0, 120, first=0.0))
    loop = make_loop(sound, find_rhythm(sound))
    assert loop.bars == 4
    assert loop.sound.seconds == pytest.approx(8.0, abs=0.002)
    assert max(seam_step(loop.sound)) <= 1


def test_faded_parts_are_left_out_of_a_loop():
    """A loop that gets softer would be heard to start again."""
    sound = sound_of(fading(song(16.0), 5.0))
    loop = make_loop(sound, find_rhythm(sound))
    assert loop.start_seconds + loop.sound.seconds < 14
    halves = np.array_split(loop.sound.samples[0], 2)
    first, second = (float(np.sqrt(np.mean(np.square(half)))) for half in halves)
    assert second > 0.6 * first


def test_repeated_a_loop_keeps_its_beat():
    """Four repetitions have one even tempo, that of the clip."""
    sound = sound_of(of_kind("song"))
    rhythm = find_rhythm(sound)
    loop = make_loop(sound, rhythm).sound
    again = Sound(samples=np.tile(loop.samples, 4), sample_rate_hz=RATE_HZ)
    found = find_rhythm(again)
    assert found.is_even
    assert found.bpm == pytest.approx(rhythm.bpm, rel=1e-3)


def test_a_loop_in_stereo_stays_in_stereo():
    """Both channels are cut and joined in the same way."""
    left, right = of_kind("song"), np.roll(of_kind("song"), 5) * 0.7
    loop = make_loop(sound_of(left, right), find_rhythm(sound_of(left)))
    assert loop.sound.channels == 2
    assert max(seam_step(loop.sound)) <= 1


@pytest.mark.parametrize("samples", [0, 1, 100, 3_200, 6_400, 20_000])
@pytest.mark.parametrize(
    "make", [np.zeros, lambda count: noise(1)[:count], lambda count: drone(1)[:count]]
)
def test_very_short_sounds_can_be_looped(make, samples):
    """The loop of silence or of a few samples has finite samples and is no longer."""
    loop = make_loop(sound_of(make(samples)), None)
    assert np.isfinite(loop.sound.samples).all()
    assert loop.bars == 0
    assert loop.sound.samples.shape[1] >= 0.35 * samples
    assert loop.sound.samples.shape[1] <= samples


def test_making_a_loop_does_not_modify_its_source():
    """Nor do a fade and a cut: each returns a new sound."""
    sound = sound_of(of_kind("song"))
    before = sound.samples.copy()
    make_loop(sound, find_rhythm(sound))
    fade(sound)
    cut(sound, 1, 2)
    np.testing.assert_array_equal(sound.samples, before)


@settings(max_examples=30)
@given(alike=st.floats(0, 1, allow_subnormal=False), seed=st.integers(0, 1000))
def test_a_crossfade_keeps_the_power(alike, seed):
    """For identical, correlated and uncorrelated sounds."""
    drawn = np.random.default_rng(seed).normal(0, 0.1, (2, 16_000)).astype(np.float32)
    first = drawn[:1]
    second = np.float32(alike) * drawn[:1] + np.float32(np.sqrt(1 - alike**2)) * drawn[1:]
    power = (
        np.square(crossfade(sound_of(*first), sound_of(*second)).samples)
        .reshape(8, -1)
        .mean(axis=1)
    )
    np.testing.assert_allclose(power, 0.01, rtol=0.2)


def test_a_cut_is_at_the_nearest_beats():
    """Start and end are rounded to beats; the beat at the end is left out."""
    sound = sound_of(pulse(120, first=0.25))
    part = cut(sound, 2.1, 4.4, find_rhythm(sound))
    assert part.seconds == pytest.approx(2.0 + 0.0, abs=0.01)
    loud = np.flatnonzero(np.abs(part.samples[0]) > 0.1) / RATE_HZ
    assert loud[0] == pytest.approx(0.008, abs=0.005)
    assert loud[-1] < 1.6


def test_a_cut_without_a_rhythm_does_not_click():
    """It begins and ends at zero crossings, with a short fade at both."""
    sound = sound_of(drone(5))
    part = cut(sound, 1.234, 3.456)
    assert part.seconds == pytest.approx(3.456 - 1.234, abs=0.01)
    assert np.abs(part.samples[:, [0, -1]]).max() < 0.001
    assert np.abs(np.diff(part.samples)).max() <= np.abs(np.diff(sound.samples)).max() * 1.01


def test_a_cut_that_goes_too_far_ends_with_the_sound():
    """Times outside the sound are moved to its start or end."""
    assert cut(sound_of(drone(2)), -5, 50).seconds == pytest.approx(2)


@pytest.mark.parametrize(("start", "end"), [(1, 1), (2, 1), (7, 9), (float("nan"), 1)])
def test_a_cut_that_leaves_nothing_is_refused(start, end):
    """The sentence names the reason."""
    with pytest.raises(RequestError, match="nothing between"):
        cut(sound_of(drone(2)), start, end)


def test_fades_begin_and_end_in_silence():
    """The samples between the fades are unchanged; a loop is not faded at all."""
    sound = sound_of(np.ones(RATE_HZ), -np.ones(RATE_HZ))
    soft = fade(sound, fall_seconds=0.005)
    assert np.abs(soft.samples[:, [0, -1]]).max() < 0.01
    np.testing.assert_array_equal(soft.samples[:, 160:-160], sound.samples[:, 160:-160])
    assert fade(sound_of(np.ones(1))).samples.shape == (1, 1)
    assert fade(sound_of(np.ones(0))).samples.shape == (1, 0)
    assert fade(sound, loops=True) is sound


def test_a_join_is_as_loud_after_the_seam_as_before():
    """The second sound gets the first one's loudness."""
    joined = join_with_crossfade(sound_of(song()), sound_of(0.3 * song()), 1.0)
    middle = joined.samples.shape[1] // 2
    first, second = (
        measure(Sound(samples=part, sample_rate_hz=RATE_HZ)).lufs
        for part in (joined.samples[:, :middle], joined.samples[:, middle:])
    )
    assert second == pytest.approx(first, abs=0.5)


@pytest.mark.parametrize("turned", [False, True])
def test_a_join_takes_the_better_rate_and_channels(turned):
    """The higher rate and the larger number of channels, in either order."""
    stereo = sound_of(tone(60, 3), tone(64, 3), rate_hz=16_000)
    mono = sound_of(tone(67, 2))
    joined = join_with_crossfade(*((stereo, mono) if turned else (mono, stereo)), 0.5)
    assert joined.channels == 2
    assert joined.sample_rate_hz == RATE_HZ
    assert joined.seconds == pytest.approx(mono.seconds + stereo.seconds - 0.5)


def test_a_join_goes_on_with_the_beat():
    """Two sounds of one tempo that start anywhere in a bar share one beat when joined."""
    first, second = sound_of(song(12, first=0.3)), sound_of(song(12, first=1.1))
    rhythms = find_rhythm(first), find_rhythm(second)
    joined = join_with_crossfade(first, second, 0.8, rhythms)
    rhythm = find_rhythm(joined)
    assert rhythm.is_even
    beat = 60 / 112
    place = (np.array(rhythm.beats) - 0.3) / beat
    assert np.abs(place - np.round(place)).max() * beat < 0.02
    plain = find_rhythm(join_with_crossfade(first, second, 0.8))
    off = (np.array(plain.beats) - 0.3) / beat
    assert np.abs(off - np.round(off)).max() * beat > 0.05


@pytest.mark.parametrize("seconds", [0, 0.5, 100])
def test_a_join_of_any_length_keeps_all_samples(seconds):
    """The crossfade is at most as long as either sound, and silence can be joined, too."""
    for second in (drone(2), np.zeros(RATE_HZ), struck(1.0, [0.5], click())):
        joined = join_with_crossfade(sound_of(drone(3)), sound_of(second), seconds)
        seam = min(seconds, len(second) / RATE_HZ)
        assert joined.seconds == pytest.approx(3 + len(second) / RATE_HZ - seam, abs=0.001)
        assert np.isfinite(joined.samples).all()


@pytest.mark.parametrize("bpm", [90, 120, 126])
@pytest.mark.parametrize("bars", [1, 2, 3, 4])
def test_exact_bars_are_a_loop_unchanged(bpm, bars):
    """A clip of exactly so many bars keeps all its samples."""
    sound = sound_of(drums(bpm, bars * 240 / bpm))
    loop = make_loop(sound, find_rhythm(sound))
    assert loop.bars == bars
    assert loop.sound.samples.shape == sound.samples.shape


@pytest.mark.parametrize(
    ("groups", "unit"),
    [((3, 2), 1), ((2, 2, 3), 0.5), ((3, 3), 1 / 3)],
    ids=["5/4", "7/8", "6/8"],
)
def test_loops_of_odd_meters_have_whole_bars(groups, unit):
    """A loop is never cut within a bar of five, six or seven."""
    bpm = 100
    sound = sound_of(grouped_drums(bpm, groups, unit=unit))
    loop = make_loop(sound, find_rhythm(sound))
    bars = loop.sound.seconds / (sum(groups) * unit * 60 / bpm)
    assert bars == pytest.approx(round(bars), abs=0.02)
