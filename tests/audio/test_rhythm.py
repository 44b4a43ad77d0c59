"""Detected tempo, beats and bars of sounds whose rhythm is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.audio.analysis.rhythm import find_rhythm
from bot.domain.generation import Sound
from bot.starter.composer.compose import compose
from tests.support.fluidsynth import needs_fluidsynth, render
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
)


def off_by(found, period, phase):
    """Return how far times are from a grid, in seconds."""
    place = (np.array(found) - phase) / period
    return np.abs(place - np.round(place)) * period


@pytest.mark.parametrize("bpm", range(60, 156, 5))
def test_the_tempo_of_clicks_is_within_one_percent(bpm):
    """Clicks alone give their tempo, and a beat at each of them."""
    rhythm = find_rhythm(sound_of(pulse(bpm)))
    assert rhythm.bpm == pytest.approx(bpm, rel=0.01)
    assert off_by(rhythm.beats, 60 / bpm, 0.1).max() < 0.005
    assert rhythm.is_even
    assert rhythm.confidence > 0.8


@pytest.mark.parametrize("bpm", [160, 165, 170, 175, 180])
def test_a_fast_click_tempo_may_be_halved(bpm):
    """Equal clicks may be counted at their tempo or at half of it."""
    rhythm = find_rhythm(sound_of(pulse(bpm)))
    assert min(abs(rhythm.bpm / bpm - 1), abs(rhythm.bpm / bpm * 2 - 1)) < 0.01
    assert off_by(rhythm.beats, 60 / bpm, 0.1).max() < 0.005


@pytest.mark.parametrize("bpm", [66, 75, 84, 90, 97.3, 105, 113.7, 120, 128, 140, 150])
def test_the_tempo_of_drums_is_within_one_percent(bpm):
    """Kick, snare and hats, with the hats at twice the beat."""
    rhythm = find_rhythm(sound_of(drums(bpm, first=0.2)))
    assert rhythm.bpm == pytest.approx(bpm, rel=0.01)
    assert rhythm.beats_per_bar == 4
    assert off_by(rhythm.beats, 60 / bpm, 0.2).max() < 0.015


@pytest.mark.parametrize("bpm", [160, 172, 180])
def test_a_fast_drum_tempo_may_be_halved(bpm):
    """Fast rock may be counted as slow rock with a busy hi-hat."""
    rhythm = find_rhythm(sound_of(drums(bpm, first=0.2)))
    assert min(abs(rhythm.bpm / bpm - 1), abs(rhythm.bpm / bpm * 2 - 1)) < 0.01


@pytest.mark.parametrize("first", [-1.4, -0.9, -0.3, 0.0, 0.5])
def test_bars_begin_where_the_harmony_changes(first):
    """Wherever in a bar a clip begins, the bar lines are found."""
    bar_seconds = 4 * 60 / 110
    harmony = chords(9, "minor", bar_seconds, times=3)
    lead = round((bar_seconds + first) * RATE_HZ) if first < 0 else round(first * RATE_HZ)
    harmony = harmony[-round(first * RATE_HZ) :] if first < 0 else np.pad(harmony, (lead, 0))
    seconds = len(harmony) / RATE_HZ
    rhythm = find_rhythm(sound_of(0.5 * harmony + 0.3 * drums(110, seconds, first)))
    assert rhythm.bpm == pytest.approx(110, rel=0.01)
    assert off_by(rhythm.downbeats, bar_seconds, first).max() < 0.02
    assert len(rhythm.downbeats) >= 10


@pytest.mark.parametrize("bpm", [90, 120, 150])
def test_three_beats_to_a_bar(bpm):
    """A waltz has one low stroke and two light ones in a bar."""
    rhythm = find_rhythm(sound_of(drums(bpm, 15, first=0.1, beats_per_bar=3)))
    assert rhythm.bpm == pytest.approx(bpm, rel=0.01)
    assert rhythm.beats_per_bar == 3
    assert rhythm.bar_seconds == pytest.approx(180 / bpm, rel=0.01)
    assert off_by(rhythm.downbeats, 180 / bpm, 0.1).max() < 0.02


@pytest.mark.parametrize("bpm", [80, 110, 140])
def test_swing_does_not_hide_the_beat(bpm):
    """Hi-hats between the beats are late."""
    rhythm = find_rhythm(sound_of(drums(bpm, first=0.1, swing=0.66)))
    assert rhythm.bpm == pytest.approx(bpm, rel=0.01)
    assert off_by(rhythm.beats, 60 / bpm, 0.1).max() < 0.015


def test_a_tempo_that_drifts_is_followed():
    """From 100 to 120 BPM in 20 s: not even, but with a beat at every click."""
    periods = np.linspace(0.6, 0.5, 36)
    strokes = 0.1 + np.concatenate([[0], np.cumsum(periods)])
    rhythm = find_rhythm(sound_of(struck(strokes[-1] + 0.5, strokes, click())))
    assert not rhythm.is_even
    assert 100 < rhythm.bpm < 120
    found = np.array(rhythm.beats)
    distance = np.abs(found[:, None] - strokes).min(axis=1)
    assert np.median(distance) < 0.005


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(10 * RATE_HZ),
        np.full(10 * RATE_HZ, 0.5),
        noise(10),
        noise(3, seed=1),
        np.cumsum(noise(10, seed=2)) * 0.01,
        drone(10),
        drone(10, hz=55),
        pulse(120, 0.2),
        pulse(120, 1.2),
        np.zeros(0),
        np.zeros(1),
        struck(10.0, [5.0], click()),
        np.full(10 * RATE_HZ, np.nan),
    ],
    ids=[
        "silence", "direct current", "noise", "short noise", "brown noise", "drone", "low drone",
        "a fifth of a second", "too short", "nothing", "one sample", "one click", "no numbers",
    ],
)  # fmt: skip
def test_without_a_steady_beat_there_is_no_rhythm(samples):
    """No rhythm is better than a guess."""
    assert find_rhythm(sound_of(samples)) is None


def test_neither_level_nor_offset_nor_channels_change_the_rhythm():
    """Quieter, with an offset, in one channel or in two of opposite phase."""
    beat = drums(105, first=0.1)
    plain = find_rhythm(sound_of(beat))
    for channels in (
        (0.05 * beat,),
        (0.3 * beat + 0.4,),
        (beat, beat),
        (beat, 0 * beat),
        (beat, -beat),
    ):
        rhythm = find_rhythm(sound_of(*channels))
        assert rhythm.bpm == pytest.approx(plain.bpm, rel=0.001)
        assert rhythm.downbeats == pytest.approx(plain.downbeats, abs=0.005)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_any_sample_rate_is_analysed(rate_hz):
    """Times are in seconds, at any rate."""
    time_s = times_of(10, rate_hz)
    since = (time_s - 0.1) % 0.5
    beat = np.exp(-since / 0.03) * np.sin(2 * np.pi * 500 * since) * (time_s > 0.1)
    rhythm = find_rhythm(sound_of(beat, rate_hz=rate_hz))
    assert rhythm.bpm == pytest.approx(120, rel=0.01)
    assert off_by(rhythm.beats, 0.5, 0.1).max() < 0.005


@settings(max_examples=25)
@given(
    bpm=st.floats(70, 150, allow_subnormal=False),
    first=st.floats(0, 1, allow_subnormal=False),
    seconds=st.floats(6, 12, allow_subnormal=False),
    hiss=st.floats(0, 0.003, allow_subnormal=False),
)
def test_rhythm_times_are_sorted_and_within_the_sound(bpm, first, seconds, hiss):
    """At any tempo and first beat, with some noise."""
    sound = sound_of(
        drums(bpm, seconds, first) + noise(seconds, level=hiss)[: round(seconds * RATE_HZ)]
    )
    rhythm = find_rhythm(sound)
    assert rhythm.bpm == pytest.approx(bpm, rel=0.01)
    assert 0 <= rhythm.confidence <= 1
    beats = np.array(rhythm.beats)
    assert (np.diff(beats) > 0).all()
    assert beats[0] >= 0
    assert beats[-1] <= sound.seconds
    assert set(rhythm.downbeats) <= set(rhythm.beats)
    place = [rhythm.beats.index(each) for each in rhythm.downbeats]
    assert set(np.diff(place)) <= {rhythm.beats_per_bar}


@needs_fluidsynth
@pytest.mark.parametrize(
    ("style", "seed"), [("disco", 5_300_012), ("house", 5_300_018), ("trance", 5_300_019)]
)
def test_composed_pieces_have_their_tempo(style, seed):
    """Whole arrangements, as those the starter model is trained on."""
    piece = compose(seed, style=style, seconds=15.0)
    sound = Sound(samples=render(piece)[None], sample_rate_hz=RATE_HZ)
    assert find_rhythm(sound).bpm == pytest.approx(piece.bpm, rel=0.005)


@pytest.mark.parametrize("bpm", range(50, 155, 8))
def test_a_metronome_has_bars_of_four(bpm):
    """Equal strokes have no bars of their own; four beats are the default."""
    assert find_rhythm(sound_of(pulse(bpm))).beats_per_bar == 4


@pytest.mark.parametrize("bpm", range(60, 170, 15))
def test_a_waltz_at_any_tempo(bpm):
    """Also if its beats fall between the frames of the analysis."""
    assert find_rhythm(sound_of(drums(bpm, 15, first=0.1, beats_per_bar=3))).beats_per_bar == 3


@pytest.mark.parametrize("bpm", [100, 132])
@pytest.mark.parametrize(
    ("groups", "unit", "beats_per_bar"),
    [((3, 2), 1, 5), ((2, 2, 3), 0.5, 3.5), ((4, 3), 1, 7)],
    ids=["5/4", "7/8", "7/4"],
)
def test_odd_bars_are_found(bpm, groups, unit, beats_per_bar):
    """Of five, seven, and three and a half beats; a bar line may lie between two beats."""
    rhythm = find_rhythm(sound_of(grouped_drums(bpm, groups, unit=unit)))
    assert rhythm.beats_per_bar == beats_per_bar
    bars = np.diff(rhythm.downbeats)
    np.testing.assert_allclose(bars, sum(groups) * unit * 60 / bpm, atol=0.01)


def test_a_sound_shorter_than_a_bar_is_accepted():
    """Not every beat of a bar occurs in it."""
    assert find_rhythm(sound_of(drums(100, 2.0))) is not None
