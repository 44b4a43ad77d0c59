"""The step from a sound's end to its beginning, which is audible if a loop has a seam."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bot.audio.analysis.spectra import QUIETEST, window_samples
from bot.audio.editing.crossfade import log_bands
from bot.domain.generation import Samples, Sound

_SIDE_SECONDS, _PLACES_A_SIDE = 0.016, 4
# Smaller differences of the logarithms are inaudible, even in a sine.
_SMALLEST_STEP = 0.05
_TYPICAL_PERCENT = 95
_LEVEL = 0.1


def seam_step(sound: Sound) -> tuple[float, float]:
    """Return the step from a sound's end to its beginning, as (spectrum, wave).

    Each is relative to the same sound: 1 is as large as its other steps, without the largest
    twentieth. A clip that loops seamlessly has neither above 1.
    """
    samples, rate_hz = sound.samples, sound.sample_rate_hz
    side = window_samples(_SIDE_SECONDS, rate_hz)
    if samples.shape[1] < 4 * side or float(np.abs(samples).max(initial=0.0)) < QUIETEST:
        return 0.0, 0.0
    return _spectral(samples, side, rate_hz), _wave(samples)


def _spectral(samples: Samples, side: int, rate_hz: int) -> float:
    """Compare the spectra on both sides of each place, and of the seam."""
    level = float(np.sqrt(np.square(samples).mean(dtype=np.float64)))
    even = samples * np.float32(_LEVEL / level)
    rows = sliding_window_view(even, side, axis=1)[:, :: side // _PLACES_A_SIDE]
    shown = log_bands(rows, rate_hz)
    steps = np.abs(shown[:, _PLACES_A_SIDE:] - shown[:, :-_PLACES_A_SIDE]).mean(axis=(0, 2))
    ends = log_bands(np.stack([even[:, -side:], even[:, :side]], axis=1), rate_hz)
    seam = float(np.abs(ends[:, 1] - ends[:, 0]).mean())
    typical = float(np.percentile(steps, _TYPICAL_PERCENT))
    return seam / max(typical, _SMALLEST_STEP)


def _wave(samples: Samples) -> float:
    """Compare the step of the wave at the seam with the steps within."""
    steps = np.abs(np.diff(samples, axis=1)).max(axis=0)
    seam = float(np.abs(samples[:, 0] - samples[:, -1]).max())
    typical = float(np.percentile(steps, _TYPICAL_PERCENT))
    return seam / max(typical, QUIETEST)
