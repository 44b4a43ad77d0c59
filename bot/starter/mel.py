"""The mel filter bank that training and measuring share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mel_filters(
    window: int, bands: int, *, sample_rate_hz: int, lowest_hz: float, highest_hz: float
) -> NDArray[np.float32]:
    """Return triangular filters [window / 2 + 1, bands], as wide in mels, each summing to 1.

    A band narrower than a bin still gets the bin that it lies in. Source: HTK's mel scale,
    2595 log10(1 + f / 700).
    """
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (lowest_hz, highest_hz))
    edges = 700 * (10 ** (np.linspace(low, high, bands + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(window, 1 / sample_rate_hz)[:, None]
    width = sample_rate_hz / window
    below, centre, above = edges[:-2], edges[1:-1], edges[2:]
    rise = (bins - np.minimum(below, centre - width)) / np.maximum(centre - below, width)
    fall = (np.maximum(above, centre + width) - bins) / np.maximum(above - centre, width)
    filters = np.maximum(0, np.minimum(rise, fall))
    summing_to_one: NDArray[np.float32] = (filters / filters.sum(axis=0)).astype(np.float32)
    return summing_to_one
