"""Bars of a jam's turns: cut to whole bars, and stretched to the track's tempo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.audio.analysis.rhythm import ATTACK_LEAD_SECONDS
from bot.audio.editing.bars import (
    bring_to_tempo,
    detect_bars,
    follow_bars,
    part_of,
    place_of,
)
from bot.audio.editing.joint import join_new_part
from bot.audio.prompt import cut_on_grid, prepend
from bot.domain.bar_grid import BarGrid
from tests.support.known_sounds import RATE_HZ, drone, drums, sound_of


def grid_of(bpm, beats_per_bar=4):
    return BarGrid(beat_seconds=60 / bpm, beats_per_bar=beats_per_bar)


def off_the_beat(sound, grid):
    """Return how late the stroke at each beat is, in seconds; negative if early."""
    mono = np.abs(sound.samples).max(axis=0)
    found = []
    beats = np.arange(grid.beat_seconds, sound.seconds - 0.1, grid.beat_seconds)
    for beat in beats + ATTACK_LEAD_SECONDS:
        near = mono[round((beat - 0.1) * RATE_HZ) : round((beat + 0.1) * RATE_HZ)]
        # A stroke begins where it is first as loud as half its height.
        found.append(int((near > near.max() / 2).argmax()) / RATE_HZ - 0.1)
    return np.array(found)


def take_turn(track, grid, bars, bpm, late_seconds):
    """Return the track with another turn of so many bars, played too fast and too late."""
    heard = cut_on_grid(track, bars * grid.bar_seconds, grid)
    new = sound_of(drums(bpm, bars * grid.bar_seconds * 1.06 + grid.beat_seconds, 0.0))
    late = round(late_seconds * RATE_HZ)
    samples = np.roll(np.pad(new.samples, ((0, 0), (0, RATE_HZ))), late, axis=1)
    made = prepend(heard.end, replace(new, samples=samples[:, : new.samples.shape[1]]))
    joint = heard.end.samples.shape[1]
    part, lead = follow_bars(made, joint, grid, bars)
    before = replace(heard.end, samples=heard.end.samples[:, : joint - lead])
    joined = join_new_part(heard.end, prepend(before, part), grid.beat_seconds)
    return prepend(heard.before, joined)


@pytest.mark.parametrize(("bpm", "bars", "turns"), [(91, 1, 8), (140, 4, 4)])
def test_many_turns_keep_one_tempo_and_their_bars(bpm, bars, turns):
    """Turns a few per cent too fast or slow and up to a beat late are aligned to one grid."""
    grid = grid_of(bpm)
    track = sound_of(drums(bpm, bars * grid.bar_seconds, ATTACK_LEAD_SECONDS))
    random = np.random.default_rng(bpm)
    for number in range(1, turns):
        drift = random.uniform(0.96, 1.04)
        late = random.uniform(0.0, 0.9) * grid.beat_seconds
        track = take_turn(track, grid, bars, bpm * drift, late)
        assert track.seconds == pytest.approx((number + 1) * bars * grid.bar_seconds, abs=1e-3)
    assert np.abs(off_the_beat(track, grid)).max() < 0.02


def test_without_a_beat_a_turn_is_cut_by_time():
    """It is as long as its bars are, and joined at the track's end; no bars are reported."""
    grid = grid_of(100)
    made = sound_of(drone(9.0))
    part, lead = follow_bars(made, 4 * RATE_HZ, grid, 1)
    assert part.samples.shape[1] - lead == round(grid.bar_seconds * RATE_HZ)
    assert np.array_equal(
        part.samples[0], made.samples[0, 4 * RATE_HZ - lead :][: part.samples.shape[1]]
    )
    assert detect_bars(made, 100.0) is None
    assert place_of(None, 2, made, 4.8) == (0, round(4.8 * RATE_HZ))


@pytest.mark.parametrize(("asked", "played"), [(120, 120), (120, 113), (96, 104), (100, 130)])
def test_a_first_turn_sets_the_bars(asked, played):
    """It starts at its first bar line, and gets the requested tempo unless it is far from that."""
    made = sound_of(drums(played, 14.0, 0.31))
    bars = detect_bars(made, asked)
    assert bars is not None
    sound, bars = bring_to_tempo(made, bars, asked)
    bpm = asked if abs(played / asked - 1) <= 0.12 else played
    assert bars.grid.bpm == pytest.approx(bpm, rel=1e-3)
    assert bars.grid.beats_per_bar == 4
    start, stop = place_of(bars, 4, sound, 99.0)
    part = part_of(sound, start, stop)
    assert part.seconds == pytest.approx(16 * 60 / bpm, rel=1e-3)
    assert np.abs(off_the_beat(part, bars.grid)).max() < 0.02


def test_a_turn_has_as_many_whole_bars_as_there_are():
    """A sound too short for all bars is cut to fewer; one shorter than a bar stays whole."""
    made = sound_of(drums(120, 5.0, 0.0))
    bars = detect_bars(made, 120.0)
    assert bars is not None
    start, stop = place_of(bars, 4, made, 8.0)
    assert (stop - start) / RATE_HZ == pytest.approx(4.0, abs=1e-3)
    slow = replace(bars, grid=grid_of(40))
    assert place_of(slow, 4, made, 8.0) == (0, made.samples.shape[1])
