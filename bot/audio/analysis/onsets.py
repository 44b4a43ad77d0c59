"""Onset strength of a sound, frame by frame.

Source: Bello et al. 2005 (spectral flux).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.audio.analysis.spectra import log_mel, moving_mean, power_spectrogram, window_samples
from bot.domain.generation import Floats

_FRAME_SECONDS = 0.01
_WINDOW_SECONDS = 0.032
_BANDS = 36
_LAG_FRAMES = 2
_LOCAL_SECONDS = 0.6
# A smaller rise of log amplitude is inaudible.
_SMALLEST_RISE = 0.05
_STROKES_HZ, _STROKE_FRAMES = (32, 130), 3


@dataclass(frozen=True, slots=True)
class Onsets:
    """How much of a sound begins when, as curves [frames].

    `low`, `middle` and `whole` rise with what is new, however soft; `strokes` with the force of
    low strokes. `bands` [3, frames] are low, middle and high.
    """

    low: Floats
    middle: Floats
    whole: Floats
    bands: Floats
    strokes: Floats
    frame_rate_hz: float

    @property
    def seconds(self) -> float:
        """Return the length in seconds."""
        return len(self.whole) / self.frame_rate_hz


def measure_onsets(mono: Floats, sample_rate_hz: int) -> Onsets:
    """Measure how each band rises, frame by frame."""
    window = window_samples(_WINDOW_SECONDS, sample_rate_hz)
    hop = max(1, round(_FRAME_SECONDS * sample_rate_hz))
    power = power_spectrogram(mono, window, hop)
    logs = log_mel(power, window, _BANDS, sample_rate_hz)
    rises = spectral_flux(logs, _LAG_FRAMES, least_rise=_SMALLEST_RISE)
    frame_rate_hz = sample_rate_hz / hop
    local = max(1, round(_LOCAL_SECONDS * frame_rate_hz))
    groups = [rises[:, :4], rises[:, 8:24], rises, rises[:, :6], rises[:, 6:18], rises[:, 18:]]
    means = np.stack([group.mean(axis=1) for group in groups], axis=1)
    sharp = subtract_local_mean(means, local).T
    first, last = (max(1, round(hz * window / sample_rate_hz)) for hz in _STROKES_HZ)
    force = np.sqrt(power[:, first : last + 1]).sum(axis=1)
    strokes = np.zeros_like(force)
    strokes[_STROKE_FRAMES:] = np.maximum(0, force[_STROKE_FRAMES:] - force[:-_STROKE_FRAMES])
    return Onsets(sharp[0], sharp[1], sharp[2], sharp[3:], strokes, frame_rate_hz)


def spectral_flux(logs: Floats, lag_frames: int, *, least_rise: float = 0.0) -> Floats:
    """Return how much each band of a log spectrogram [frames, bands] has risen since `lag_frames`.

    Falls, and rises no larger than `least_rise`, count as 0.
    """
    rises = np.zeros_like(logs)
    rises[lag_frames:] = logs[lag_frames:] - logs[:-lag_frames]
    return np.where(rises > least_rise, rises, np.float32(0))


def subtract_local_mean(envelope: Floats, frames: int) -> Floats:
    """Return what stands out of a curve [frames, ..] above its mean over the frames around."""
    return np.asarray(np.maximum(0, envelope - moving_mean(envelope, frames)), dtype=np.float32)
