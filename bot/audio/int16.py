"""Convert samples between floats and 16-bit integers, on one scale."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.domain.generation import Floats

_SCALE = 32768
"""What 1.0 is as an integer: a power of two, so that every integer survives the way there and back.

1.0 itself is one step beyond the largest integer, which takes its place.
"""


def to_int16(samples: NDArray[np.floating[Any]]) -> NDArray[np.int16]:
    """Return the nearest integers of samples in [-1, 1], of the same shape; the others are clipped.

    NaN has no integer.
    """
    scaled = samples * np.float32(_SCALE)
    np.rint(scaled, out=scaled)
    return np.clip(scaled, -_SCALE, _SCALE - 1, out=scaled).astype(np.int16)


def from_int16(samples: NDArray[np.int16]) -> Floats:
    """Return integers as float32 samples in [-1, 1), of the same shape."""
    return samples.astype(np.float32) * np.float32(1 / _SCALE)
