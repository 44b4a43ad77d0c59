"""A limiter without memory: it rounds off peaks, sample by sample."""

from __future__ import annotations

import numpy as np

from bot.domain.generation import Samples

KNEE = 0.8
"""The amplitude (-1.9 dBFS) above which peaks are rounded off; everything below is unchanged."""

_LOUDEST = 100.0  # far beyond what a tanh tells from 1


def limit_peaks(samples: Samples) -> Samples:
    """Return samples within [-1, 1]: those above KNEE bent along a tanh, the others as they are."""
    over = np.abs(samples) > KNEE
    if not over.any():
        return samples
    # Only these: they are few, and the arrays of all of them would be large.
    peaks = samples[over]
    room = np.float32(1 - KNEE)
    height = np.minimum(np.abs(peaks), np.float32(_LOUDEST)) - np.float32(KNEE)
    limited = samples.astype(np.float32)
    limited[over] = np.copysign(KNEE + room * np.tanh(height / room), peaks)
    return limited
