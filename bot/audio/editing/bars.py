"""Cut new music to whole bars, and fit it to the bar grid of a track.

Detected beats are used only if reliable; otherwise cuts are by time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from bot.audio.analysis.expected_tempo import ExpectedTempo
from bot.audio.analysis.rhythm import ATTACK_LEAD_SECONDS, find_rhythm
from bot.audio.editing.alignment import CLEAR_RHYTHM, MOST_STRETCH, fold_tempo
from bot.audio.editing.stretch import stretch
from bot.domain.bar_grid import BarGrid
from bot.domain.generation import Sound

MOST_DRIFT = 1.06
"""New music is brought to the tempo of a track where it is off by this factor at most."""

_SAME_TEMPO = 1.02
_EXPECTED_OCTAVES = 0.15
# Below this drift over a part, no stretch is applied.
_LEAST_DRIFT_SECONDS = 0.003
_EARLY_SHARE = 0.05
_LONGEST_LEAD_SECONDS = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """The bars of new music: its grid, and the start of its first bar in seconds."""

    grid: BarGrid
    first_seconds: float = 0.0


def detect_bars(sound: Sound, bpm: float) -> Bars | None:
    """Return the bars of a sound with a requested tempo; None if unreliable."""
    rhythm = find_rhythm(sound, _expected(bpm))
    if rhythm is None or not rhythm.is_even or rhythm.confidence < CLEAR_RHYTHM:
        return None
    if not rhythm.downbeats:
        return None
    # Detected at half or twice the requested tempo: same number of beats per bar.
    octaves = round(math.log2(bpm / rhythm.bpm))
    grid = BarGrid(beat_seconds=60 / rhythm.bpm / 2**octaves, beats_per_bar=rhythm.beats_per_bar)
    return Bars(grid=grid, first_seconds=rhythm.downbeats[0] - ATTACK_LEAD_SECONDS)


def bring_to_tempo(sound: Sound, bars: Bars, bpm: float) -> tuple[Sound, Bars]:
    """Return a sound stretched to the requested tempo, with its bars.

    Unchanged if it is too far off.
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
    """Return start and end of `count` bars, in samples; without bars, by time.

    If the sound is shorter: all of its whole bars, or else all of it.
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
    """Return `count` bars of new music on the grid of the track that it continues.

    `made` starts with the end of the track as the model got it; the new music starts at sample
    `joint`, where the track ends with a bar line. The result starts some samples before the joint,
    also returned, for a crossfade. With a reliable beat it is aligned with the grid, and stretched
    by at most `MOST_DRIFT`.
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
    # A beat at the track's own tempo needs less confidence.
    is_clear = rhythm.confidence >= CLEAR_RHYTHM
    factor = fold_tempo(grid.bpm, rhythm.bpm, MOST_DRIFT if is_clear else _SAME_TEMPO)
    if factor is None:
        return 1.0, 0.0
    if abs(factor - 1) * new.seconds < _LEAST_DRIFT_SECONDS:
        factor = 1.0
    beat = grid.beat_seconds * factor
    # The attack of a first beat that began before the joint is missing.
    early = _EARLY_SHARE * beat
    return factor, (rhythm.beats[1] + early) % beat - early - ATTACK_LEAD_SECONDS


def _expected(bpm: float) -> ExpectedTempo:
    return ExpectedTempo(bpm=bpm, octaves=_EXPECTED_OCTAVES, is_number=True)
