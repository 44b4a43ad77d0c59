"""Track the beats of a sound with known tempo.

Dynamic programming places beats at strong, evenly spaced onsets; then a line is fitted through
them, since most clips have a constant tempo. Source: Ellis 2007, "Beat tracking by dynamic
programming".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.audio.analysis.onsets import Onsets
from bot.domain.generation import Floats

Times = NDArray[np.float64]

_TIGHTNESS = 100.0
_LOW_WEIGHT = 1.0
_NEAR_SECONDS = 0.03
_FINE_SECONDS = 0.001
_RISE_STEPS = 4
_MEAN_STEPS = 4
_FEWEST_BEATS = 4
_ROUNDS = 8
_OFF_SHARE, _OFF_SECONDS = 0.02, 0.006


@dataclass(frozen=True, slots=True)
class Pulse:
    """The beats of a sound in seconds; `is_even` where one period holds throughout."""

    seconds: Times
    period_seconds: float
    is_even: bool


def track_beats(mono: Floats, sample_rate_hz: int, onsets: Onsets, bpm: float) -> Pulse | None:
    """Return the beats near a tempo, to a millisecond; None if there are too few."""
    period_frames = 60 / bpm * onsets.frame_rate_hz
    strength = onsets.whole + _LOW_WEIGHT * onsets.low
    frames = _path(strength, period_frames)
    if len(frames) < _FEWEST_BEATS:
        return None
    rough = frames / onsets.frame_rate_hz
    seconds, weights = _sharpen(rough, mono, sample_rate_hz)
    start, period, off = _fit_line(seconds, weights, 60 / bpm)
    if off > max(_OFF_SECONDS, _OFF_SHARE * period):
        return Pulse(seconds, float(np.median(np.diff(seconds))), is_even=False)
    return Pulse(_grid(start, period, len(mono) / sample_rate_hz), period, is_even=True)


def shift_pulse(pulse: Pulse, share: float, mono: Floats, sample_rate_hz: int) -> Pulse:
    """Return a pulse delayed by a share of a beat, refined to a millisecond again."""
    index = np.arange(len(pulse.seconds) - 1) + share
    later = np.interp(index, np.arange(len(pulse.seconds)), pulse.seconds)
    if not pulse.is_even:
        return Pulse(later, pulse.period_seconds, is_even=False)
    seconds, weights = _sharpen(later, mono, sample_rate_hz)
    distance = seconds - later
    start = later[0] + (float(np.average(distance, weights=weights)) if weights.any() else 0.0)
    even = _grid(start, pulse.period_seconds, len(mono) / sample_rate_hz)
    return Pulse(even, pulse.period_seconds, is_even=True)


def _grid(start: float, period: float, seconds: float) -> Times:
    """Return even beats through a whole sound; a beat that the beginning cuts off is its first."""
    first = int(np.ceil(-start / period - 0.02))
    last = int(np.floor((seconds - start) / period))
    return np.maximum(0, start + period * np.arange(first, last + 1))


def _path(strength: Floats, period: float) -> NDArray[np.intp]:
    """Return the frames that are evenly spaced and strong."""
    local = strength / max(float(strength.std()), 1e-6)
    nearest, farthest = max(1, round(period / 2)), max(2, round(period * 2))
    distances = np.arange(nearest, farthest + 1)
    cost = _TIGHTNESS * np.square(np.log(distances / period))
    total = np.concatenate([np.zeros(farthest), local]).astype(np.float64)
    before = np.zeros(len(total), np.intp)
    # Blocks no longer than the shortest distance have no internal dependencies (vectorized).
    for start in range(farthest, len(total), nearest):
        now = np.arange(start, min(start + nearest, len(total)))
        reached = total[now[:, None] - distances] - cost
        best = reached.argmax(axis=1)
        total[now] = local[now - farthest] + reached[np.arange(len(now)), best]
        before[now] = now - distances[best]
    last = len(total) - farthest + int(total[-farthest:].argmax())
    path = []
    while last >= farthest:
        path.append(last - farthest)
        last = int(before[last])
    return np.array(path[::-1], np.intp)


def _fine_rises(mono: Floats, sample_rate_hz: int) -> tuple[Floats, float]:
    """Return how the level rises from one millisecond to the next, and what that is in seconds."""
    step = max(1, round(_FINE_SECONDS * sample_rate_hz))
    whole = mono[: len(mono) // step * step]
    steepness = np.diff(whole, prepend=whole[:1])
    energy = np.square(whole) * np.float32(0.01) + np.square(steepness)
    level = energy.reshape(-1, step).mean(axis=1)
    sums = np.cumsum(np.pad(level, (_MEAN_STEPS, 0)), dtype=np.float64)
    logs = np.log((sums[_MEAN_STEPS:] - sums[:-_MEAN_STEPS]) / _MEAN_STEPS + 1e-8)
    rises = np.zeros(len(logs), np.float32)
    rises[_RISE_STEPS:] = np.maximum(0, logs[_RISE_STEPS:] - logs[:-_RISE_STEPS])
    return rises, step / sample_rate_hz


def _sharpen(rough: Times, mono: Floats, sample_rate_hz: int) -> tuple[Times, Times]:
    """Move beats to the steepest rise nearby; return them with how steep it is."""
    rises, step_seconds = _fine_rises(mono, sample_rate_hz)
    radius = round(_NEAR_SECONDS / step_seconds)
    padded = np.pad(rises, (radius, radius + 1))
    centre = np.minimum(np.round(rough / step_seconds).astype(np.intp), len(rises))
    around = padded[centre[:, None] + np.arange(2 * radius + 1)]
    best = around.argmax(axis=1)
    steepness = around[np.arange(len(around)), best].astype(np.float64)
    moved = (centre + best - radius - _RISE_STEPS / 2) * step_seconds
    return np.where(steepness > 0, moved, rough), steepness


def _fit_line(seconds: Times, weights: Times, period: float) -> tuple[float, float, float]:
    """Return start and period of the line through beats, and the median distance from it."""
    steps = np.round(np.diff(seconds) / period).clip(1)
    index = np.concatenate([[0.0], np.cumsum(steps)])
    trust = weights + 1e-3
    for _ in range(_ROUNDS):
        slope, start = np.polyfit(index, seconds, 1, w=np.sqrt(trust))
        distance = np.abs(seconds - (start + slope * index))
        scale = max(float(np.median(distance)), 1e-3)
        trust = (weights + 1e-3) / np.square(np.maximum(1, distance / scale))
    return float(start), float(slope), float(np.median(distance))
