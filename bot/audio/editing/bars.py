"""New music cut to whole bars, and brought to the bars of a track that it goes on.

What is heard of a beat is taken only where it is certain; elsewhere cuts are by time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from bot.audio.analysis.expected_tempo import ExpectedTempo
from bot.audio.analysis.rhythm import find_rhythm
from bot.audio.editing.alignment import CLEAR_RHYTHM, MOST_STRETCH, fold_tempo
from bot.audio.editing.stretch import stretch
from bot.domain.bar_grid import BarGrid
from bot.domain.generation import Sound

MOST_DRIFT = 1.06
"""New music is brought to the tempo of a track where it is off by this factor at most."""

BREATH_SECONDS = 0.015
"""What is heard of a bar begins so long before its first beat: attacks do."""

_SAME_TEMPO = 1.02
_EXPECTED_OCTAVES = 0.15
# A drift over a whole part that nobody hears is not worth a stretch.
_LEAST_DRIFT_SECONDS = 0.003
_EARLY_SHARE = 0.05
_LONGEST_LEAD_SECONDS = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """The bars of new music: its grid, and where its first bar begins, in seconds.

    That may be a moment before the music itself.
    """

    grid: BarGrid
    first_seconds: float = 0.0


def detect_bars(sound: Sound, bpm: float) -> Bars | None:
    """Return the bars of a sound that was asked for at a tempo; None where they aren't certain."""
    rhythm = find_rhythm(sound, _expected(bpm))
    if rhythm is None or not rhythm.is_even or rhythm.confidence < CLEAR_RHYTHM:
        return None
    if not rhythm.downbeats:
        return None
    # Heard at half or twice the tempo that was meant, a bar has as many beats.
    octaves = round(math.log2(bpm / rhythm.bpm))
    grid = BarGrid(beat_seconds=60 / rhythm.bpm / 2**octaves, beats_per_bar=rhythm.beats_per_bar)
    return Bars(grid=grid, first_seconds=rhythm.downbeats[0] - BREATH_SECONDS)


def bring_to_tempo(sound: Sound, bars: Bars, bpm: float) -> tuple[Sound, Bars]:
    """Return a sound at the tempo that was asked for, and its bars then.

    As it is where it is further off than a stretch goes.
    """
    factor = fold_tempo(bpm, bars.grid.bpm, MOST_STRETCH)
    if factor is None:
        return sound, bars
    grid = replace(bars.grid, beat_seconds=bars.grid.beat_seconds / factor)
    if abs(factor - 1) * sound.seconds < _LEAST_DRIFT_SECONDS:
        return sound, bars
    made = stretch(sound, time_factor=factor, semitones=0)
    return made, Bars(grid=grid, first_seconds=bars.first_seconds / factor)


def place_of(bars: Bars | None, count: int, sound: Sound, seconds: float) -> tuple[int, int]:
    """Return where so many bars of a sound begin and end, in samples; without bars, by time.

    Where the sound has less it is all whole bars that there are, or else all of it.
    """
    rate_hz, length = sound.sample_rate_hz, sound.samples.shape[1]
    if bars is None:
        return 0, min(length, round(seconds * rate_hz))
    bar = bars.grid.bar_seconds
    there = int((sound.seconds - bars.first_seconds) / bar + 1e-6)
    if there < 1:
        return 0, length
    start = round(bars.first_seconds * rate_hz)
    return start, start + round(min(count, there) * bar * rate_hz)


def part_of(sound: Sound, start: int, stop: int) -> Sound:
    """Return a part of a sound in samples, with silence where it has none."""
    length = sound.samples.shape[1]
    samples = sound.samples[:, max(0, start) : min(length, stop)]
    missing = max(0, min(-start, stop - start)), max(0, stop - max(length, start))
    return replace(sound, samples=np.pad(samples, ((0, 0), missing)))


def follow_bars(made: Sound, joint: int, grid: BarGrid, count: int) -> tuple[Sound, int]:
    """Return so many bars of new music on the grid of the track that they go on.

    `made` begins with the end of the track as the model heard it; the new music begins at the
    sample `joint`, where the track ends with a bar line. What comes back begins so many samples
    before the joint as are told, to fade in over. Where its beat is certain it is brought to the
    grid: its first beat to the joint, and stretched by `MOST_DRIFT` at most.
    """
    rate_hz = made.sample_rate_hz
    factor, shift_seconds = _drift(made, joint, grid)
    lead = min(round(min(grid.beat_seconds, _LONGEST_LEAD_SECONDS) * rate_hz), joint)
    wanted = round(count * grid.bar_seconds * rate_hz)
    begin = round(joint + shift_seconds * rate_hz - lead * factor)
    end = begin + round((lead + wanted) * factor)
    fitted = stretch(part_of(made, begin, end), time_factor=factor, semitones=0)
    return part_of(fitted, 0, lead + wanted), lead


def _drift(made: Sound, joint: int, grid: BarGrid) -> tuple[float, float]:
    """Return how much faster new music has to be, and how late its beat is; 1 and 0 if unclear."""
    new = replace(made, samples=made.samples[:, joint:])
    rhythm = find_rhythm(new, _expected(grid.bpm))
    if rhythm is None or not rhythm.is_even or len(rhythm.beats) < 2:
        return 1.0, 0.0
    # What goes on at the tempo of the track is trusted sooner than what leaves it.
    is_clear = rhythm.confidence >= CLEAR_RHYTHM
    factor = fold_tempo(grid.bpm, rhythm.bpm, MOST_DRIFT if is_clear else _SAME_TEMPO)
    if factor is None:
        return 1.0, 0.0
    if abs(factor - 1) * new.seconds < _LEAST_DRIFT_SECONDS:
        factor = 1.0
    beat = grid.beat_seconds * factor
    # The first beat may be cut off by the joint: of one that began before it there is no stroke.
    early = _EARLY_SHARE * beat
    return factor, (rhythm.beats[1] + early) % beat - early - BREATH_SECONDS


def _expected(bpm: float) -> ExpectedTempo:
    return ExpectedTempo(bpm=bpm, octaves=_EXPECTED_OCTAVES, is_number=True)
