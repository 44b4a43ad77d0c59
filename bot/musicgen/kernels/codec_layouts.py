"""Memory layouts of the codec's weights: plain matrices, or the kernels' panels.

A convolution's matrix is [taps * channels, columns]; an LSTM's recurrent one [width, 4 * width],
with gates in PyTorch's order. The kernels read panels of 16 columns, and all gates of 16 units
together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.musicgen.kernels.packing import PANEL, fits_float16, to_bfloat16

Array = NDArray[np.float32]
Layout = Callable[[Array], NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layouts:
    """Layout functions: of a matrix, of one with a single column, of an LSTM's recurrent one."""

    matrix: Layout
    column: Layout
    gates: Layout


def copied(values: Array) -> Array:
    """Return a float32 copy in C order."""
    return np.array(values, np.float32, order="C")


def plain() -> Layouts:
    """Return the layouts for MindSpore's own operations."""
    return Layouts(matrix=copied, column=copied, gates=copied)


def panels(*, rounded: bool) -> Layouts:
    """Return the layouts for kernels that multiply floats.

    If `rounded`, all weights are in half precision; otherwise only an LSTM's, which are read for
    every frame, and only if that is lossless.
    """

    def gates(weight: Array) -> NDArray[Any]:
        keep = _half if rounded or fits_float16(weight) else copied
        return keep(_gate_panels(weight))

    def matrix(weight: Array) -> NDArray[Any]:
        return (_half if rounded else copied)(_panels(weight))

    return Layouts(matrix=matrix, column=copied, gates=gates)


def pairs() -> Layouts:
    """Return the layouts for kernels that multiply bfloat16 pairs; inputs must be even."""

    def matrix(weight: Array) -> NDArray[np.uint16]:
        found = _panels(weight)
        return to_bfloat16(_paired(found.reshape(len(found), -1, 2, PANEL)))

    def gates(weight: Array) -> NDArray[np.uint16]:
        found = _gate_panels(weight)
        paired = found.reshape(len(found), -1, 2, 4, PANEL).transpose(0, 1, 3, 2, 4)
        return to_bfloat16(_paired(paired))

    return Layouts(matrix=matrix, column=to_bfloat16, gates=gates)


def _paired(values: Array) -> Array:
    """Swap the last two axes, [2, 16], so that two inputs of a column are adjacent."""
    return np.ascontiguousarray(values.swapaxes(-1, -2))


def _panels(weight: Array) -> Array:
    """Return [inputs, columns] as [columns / 16, inputs, 16], padded with zero columns."""
    columns = -(-weight.shape[1] // PANEL) * PANEL
    padded = np.pad(weight, ((0, 0), (0, columns - weight.shape[1])))
    return padded.reshape(len(weight), -1, PANEL).transpose(1, 0, 2)


def _half(values: Array) -> NDArray[np.float16]:
    return np.array(values, np.float16, order="C")


def _gate_panels(weight: Array) -> Array:
    """Return [width, 4 * width] as [width / 16, width, 4, 16]: all gates of 16 units together."""
    width = len(weight)
    padded = np.pad(weight.reshape(width, 4, width), ((0, 0), (0, 0), (0, -width % PANEL)))
    return padded.reshape(width, 4, -1, PANEL).transpose(2, 0, 1, 3)
