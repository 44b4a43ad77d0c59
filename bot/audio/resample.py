"""Bring a sound to a model's sample rate and number of channels."""

from __future__ import annotations

import numpy as np
import soxr

from bot.audio.mixing import mix_channels, turn_down
from bot.domain.generation import Sound


def fit(sound: Sound, *, sample_rate_hz: int, channels: int) -> Sound:
    """Return a sound at another rate in Hz and with another number of channels, 1 or 2.

    What goes beyond full scale is turned down as a whole.
    """
    samples = turn_down(mix_channels(sound.samples, channels))
    if sample_rate_hz != sound.sample_rate_hz:
        samples = soxr.resample(samples.T, sound.sample_rate_hz, sample_rate_hz).T
    # Resampling may go a little beyond again.
    samples = np.ascontiguousarray(turn_down(samples), dtype=np.float32)
    return Sound(samples=samples, sample_rate_hz=sample_rate_hz)
