"""Detect which beats begin a bar, and whether a bar has three beats or four.

A bar is recognized by its typical pattern: low strokes on the first and middle beat, bright ones
between, more onsets on beats than off them, and a new harmony at its start. The quarters of all
beats are folded bar upon bar and correlated with that template at every offset, so that a pulse
taken off the beat is corrected, too.

Sources: Goto 2001 (chord changes and drum patterns indicate the bar line); Klapuri et al. 2006.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.audio.analysis.onsets import Onsets
from bot.audio.analysis.tones import Tones, chroma
from bot.domain.generation import Floats

Times = NDArray[np.float64]

PARTS = 4
"""A beat has so many places at which the bar might begin."""

_LOW = {3.0: (1.5, 0.1, 0.1), 4.0: (1.5, 0.2, 1.0, 0.4)}
_BRIGHT = {3.0: (0.5, 1.0, 1.0), 4.0: (0.5, 1.2, 0.5, 1.3)}
# Template for other bar lengths: a low stroke at the start.
_LOW_FIRST, _LOW_OTHERS, _BRIGHT_FIRST, _BRIGHT_OTHERS = 1.5, 0.2, 0.5, 1.0
_LOW_BETWEEN, _BRIGHT_BETWEEN = -0.6, -0.8
_LOW_WEIGHT, _BRIGHT_WEIGHT, _BEAT_WEIGHT, _HARMONY_WEIGHT = 0.5, 0.5, 1.0, 1.0
# The frames before and after a place that are searched for an onset.
_BEFORE_FRAMES, _AFTER_FRAMES = 1, 4
# The analysis window of tones reaches a little beyond the bar line.
_BLUR_SECONDS = 0.06
# Four beats are assumed unless others fit better by this factor and difference.
_EVEN, _OTHERS = (2.0, 4.0), (3.0, 3.5, 5.0, 7.0)
_LEAD, _LEAST_LEAD = 1.8, 0.03
# Features with a smaller spread are ignored; in the order of the features.
_LEAST_SPREAD = (0.01, 0.1, 0.05, 0.05, 0.05)


@dataclass(frozen=True, slots=True)
class BarLines:
    """The beats of a bar, and the offset of the first bar line in quarters of a beat."""

    beats_per_bar: float
    offset_parts: int


def find_bars(
    beats: Times, onsets: Onsets, tones: Tones, after_half_beats: tuple[float, ...]
) -> BarLines:
    """Find the bar lines among beats, given in seconds.

    `after_half_beats` is the autocorrelation of the onsets at multiples of half a beat.
    """
    places = np.interp(
        np.arange((len(beats) - 1) * PARTS + 1) / PARTS, np.arange(len(beats)), beats
    )
    features = _features(places, onsets, tones, float(np.median(np.diff(beats))))
    beats_per_bar = _beats_per_bar(after_half_beats)
    return BarLines(beats_per_bar, int(_fits(features, beats_per_bar).argmax()))


def _beats_per_bar(after_half_beats: tuple[float, ...]) -> float:
    """Return after how many beats the onsets repeat best: four, unless others clearly do."""

    def unexplained(beats: float) -> float:
        """Return how far the onsets are from repeating after one bar or two.

        Two of 7/8 are one of 7/4: those have to repeat after one.
        """
        known = [round(2 * beats * bars) for bars in ((1, 2) if beats.is_integer() else (1,))]
        return 1 - max((after_half_beats[n] for n in known if n < len(after_half_beats)), default=0)

    by_even = min(unexplained(beats) for beats in _EVEN)
    left, other = min((unexplained(beats), beats) for beats in _OTHERS)
    is_clear = by_even > _LEAD * max(left, 0.01) and by_even - left > _LEAST_LEAD
    return other if is_clear else 4.0


def _features(places: Times, onsets: Onsets, tones: Tones, beat_seconds: float) -> Floats:
    """Return what happens at each place: low, bright and all onsets, new harmony; [places, 5]."""
    rows = [
        _nearby(curve, places * onsets.frame_rate_hz)
        for curve in (onsets.strokes, onsets.middle + onsets.bands[2], onsets.whole)
    ]
    classes = chroma(tones)
    rows += [
        _harmonic_change(classes, tones.frame_rate_hz, places, beat_seconds * span)
        for span in (1, 2)
    ]
    return np.stack(rows, axis=1).astype(np.float32)


def _nearby(curve: Floats, frames: Times) -> Floats:
    around = np.round(frames).astype(np.intp)[:, None] + np.arange(
        -_BEFORE_FRAMES, _AFTER_FRAMES + 1
    )
    return np.asarray(curve[around.clip(0, len(curve) - 1)].max(axis=1), dtype=np.float32)


def _harmonic_change(classes: Times, frame_rate_hz: float, places: Times, span: float) -> Floats:
    """Return how much the pitches after each place differ from those before, 0 to 1."""
    sums = np.concatenate([np.zeros((1, 12)), np.cumsum(classes, axis=0)])

    def until(seconds: Times) -> NDArray[np.float64]:
        frames = np.round(seconds * frame_rate_hz).astype(np.intp)
        return np.asarray(sums[frames.clip(0, len(classes))])

    after = until(places + span) - until(places + _BLUR_SECONDS)
    before = until(places - _BLUR_SECONDS) - until(places - span)
    lengths = np.linalg.norm(after, axis=1) * np.linalg.norm(before, axis=1)
    alike = (after * before).sum(axis=1) / np.maximum(lengths, 1e-12)
    return np.asarray(np.where(lengths > 0, 1 - alike, 0), dtype=np.float32)


def _fits(features: Floats, beats_per_bar: float) -> Floats:
    """Return how well bars fit that begin at each of the first bar's places."""
    size = round(beats_per_bar * PARTS)
    padded = np.pad(features, ((0, -len(features) % size), (0, 0)), constant_values=np.nan)
    bars = padded.reshape(-1, size, features.shape[1])
    # In a sound of less than a bar some places never come.
    folded = np.nansum(bars, axis=0) / np.maximum(1, np.isfinite(bars).sum(axis=0))
    even = folded - folded.mean(axis=0)
    even /= np.maximum(even.std(axis=0), _LEAST_SPREAD)
    others = math.ceil(beats_per_bar) - 1
    lows = _LOW.get(beats_per_bar, (_LOW_FIRST, *(_LOW_OTHERS,) * others))
    brights = _BRIGHT.get(beats_per_bar, (_BRIGHT_FIRST, *(_BRIGHT_OTHERS,) * others))
    low = _on_beats(lows, _LOW_BETWEEN, size) * _LOW_WEIGHT
    bright = _on_beats(brights, _BRIGHT_BETWEEN, size) * _BRIGHT_WEIGHT
    every = _on_beats((1.0,) * (others + 1), _BRIGHT_BETWEEN, size) * _BEAT_WEIGHT
    once = np.full(size, -0.45)
    once[[0, 1, 2, -1]] = 1.7, 1.7, 0.7, 0.6
    swell = np.cos(2 * np.pi * (np.arange(size) - 0.5) / size)
    picture = np.stack(
        [low, bright, every, (once - once.mean()) * _HARMONY_WEIGHT, swell * _HARMONY_WEIGHT],
        axis=1,
    )
    fits = [float((np.roll(even, -place, axis=0) * picture).sum()) for place in range(size)]
    return np.array(fits, np.float32) / size


def _on_beats(heights: tuple[float, ...], between: float, size: int) -> Floats:
    """Return the picture of a bar of so many parts: heights on the beats, little between."""
    picture = np.full((len(heights), PARTS), between)
    picture[:, 0] = heights
    picture[:, PARTS // 2] = between + 0.25 * (np.mean(heights) - between)
    whole = picture.ravel()[:size]
    return np.asarray(whole - whole.mean(), dtype=np.float32)
