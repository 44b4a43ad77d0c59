"""K-weighted power of a sound in steps, from which loudness is computed.

Source: ITU-R BS.1770-4, annex 1: a shelf for the head and a high-pass. Its coefficients are for 48
kHz; those of other rates are derived from the same analogue filters.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bot.domain.generation import Sound

STEP_SECONDS = 0.1

_PIECE_STEPS = 20
# After this, the filters' impulse response is below 1e-10.
_MEMORY_STEPS = 2

_SHELF_HZ, _SHELF_Q = 1681.974450955533, 0.7071752369554196
_SHELF_GAIN = 10 ** (3.999843853973347 / 20)
_SHELF_MIDDLE_GAIN = _SHELF_GAIN**0.4996667741545416
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773


def step_powers(sound: Sound) -> NDArray[np.float64]:
    """Return the weighted mean square of each whole step of a sound, added up over its channels."""
    step = round(STEP_SECONDS * sound.sample_rate_hz)
    count = sound.samples.shape[1] // step
    powers = np.zeros(count)
    for first in range(0, count, _PIECE_STEPS):
        end = min(first + _PIECE_STEPS, count)
        heard_from = max(0, first - _MEMORY_STEPS)
        piece = sound.samples[:, heard_from * step : end * step].astype(np.float64)
        # As long as any piece may be, and silent at its end, where the filters wrap around.
        length = (_PIECE_STEPS + 2 * _MEMORY_STEPS) * step
        spectrum = np.fft.rfft(piece, length) * _response(sound.sample_rate_hz, length)
        weighed = np.fft.irfft(spectrum, length)[:, (first - heard_from) * step :]
        steps = weighed[:, : (end - first) * step].reshape(len(piece), end - first, step)
        powers[first:end] = np.einsum("cst,cst->s", steps, steps) / step
    return powers


@lru_cache(maxsize=4)
def _response(rate_hz: int, length: int) -> NDArray[np.complex128]:
    """Return what the filters do to each frequency of a spectrum of so many samples."""
    delay = np.exp(-2j * np.pi * np.arange(length // 2 + 1) / length)
    k = np.tan(np.pi * _SHELF_HZ / rate_hz)
    shelf = _quadratic(_SHELF_GAIN, _SHELF_MIDDLE_GAIN * k / _SHELF_Q, k, delay)
    shelf /= _quadratic(1.0, k / _SHELF_Q, k, delay)
    k = np.tan(np.pi * _HIGH_PASS_HZ / rate_hz)
    # As in the standard, its highest frequencies are a little above one.
    scale = 1 + k / _HIGH_PASS_Q + k * k
    high_pass = scale * (1 - delay) ** 2 / _quadratic(1.0, k / _HIGH_PASS_Q, k, delay)
    response: NDArray[np.complex128] = shelf * high_pass
    return response


def _quadratic(
    high: float, middle: float, k: float, delay: NDArray[np.complex128]
) -> NDArray[np.complex128]:
    """Return the polynomial in the delay that an analogue one becomes (bilinear transform)."""
    found: NDArray[np.complex128] = (
        high * (1 - delay) ** 2 + middle * (1 - delay) * (1 + delay) + (k * (1 + delay)) ** 2
    )
    return found
