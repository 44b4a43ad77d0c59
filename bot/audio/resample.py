"""Bring a sound to a model's sample rate and number of channels."""

from __future__ import annotations

import numpy as np
import soxr

from bot.domain.generation import Sound


def fit(sound: Sound, *, sample_rate_hz: int, channels: int) -> Sound:
    """Return a sound at another rate in Hz and with another number of channels, 1 or 2."""
    samples = np.clip(sound.samples, -1.0, 1.0)
    if channels < sound.channels:
        samples = samples.mean(axis=0, keepdims=True)
    elif channels > sound.channels:
        samples = np.repeat(samples, channels, axis=0)
    if sample_rate_hz != sound.sample_rate_hz:
        samples = soxr.resample(samples.T, sound.sample_rate_hz, sample_rate_hz).T
    # Resampling may go a little beyond again.
    samples = np.ascontiguousarray(np.clip(samples, -1.0, 1.0), dtype=np.float32)
    return Sound(samples=samples, sample_rate_hz=sample_rate_hz)
