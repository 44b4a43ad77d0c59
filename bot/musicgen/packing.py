"""Weights as the kernels read them: in panels of sixteen columns, in memory of their own.

A checkpoint whose 32-bit numbers all fit 16 bits without loss is kept in 16: every sum is still
made in 32, with the same result, and half as much is read. Meta's MusicGen decoders are of that
kind: they were trained and published in half precision, and the hub's files are widened from it.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

PANEL = 16
"""Columns in a panel: the floats in the widest vector register."""

_HUGE_PAGE_BYTES = 2 << 20


def allocate(shape: Sequence[int], dtype: type[np.generic], *, dense: bool = True) -> NDArray[Any]:
    """Return zeroed memory that takes room only where it is written, aligned to a page.

    `dense` memory, which is used from end to end, asks for huge pages: reads are some 5 % faster.
    """
    size = max(1, int(np.prod(shape)) * np.dtype(dtype).itemsize)
    rounded = -(-size // _HUGE_PAGE_BYTES) * _HUGE_PAGE_BYTES
    memory = mmap.mmap(-1, rounded, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if dense and hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(memory, dtype, count=int(np.prod(shape))).reshape(shape)


def fits_half(weights: NDArray[np.float32]) -> bool:
    """Tell whether every number is the same in 16 bits."""
    with np.errstate(over="ignore"):
        return bool(np.array_equal(weights.astype(np.float16).astype(np.float32), weights))


def pack(
    parts: Sequence[Callable[[], NDArray[np.float32]]], shape: tuple[int, int]
) -> NDArray[Any]:
    """Lay out one kind of weight of all layers for the kernels.

    `parts` give the weights [outputs, inputs] of each layer when called, one at a time, so that
    the caller can let each go; `shape` is (outputs, inputs). Returns
    [layers, ceil(outputs / 16), inputs, 16] in 16 bits where that loses nothing, else in 32.
    """
    outputs, inputs = shape
    panels = -(-outputs // PANEL)
    packed: NDArray[Any] = allocate((len(parts), panels, inputs, PANEL), np.float16)
    for layer, part in enumerate(parts):
        weights = part()
        if packed.dtype == np.float16 and not fits_half(weights):
            wider = allocate(packed.shape, np.float32)
            wider[:layer] = packed[:layer]
            packed = wider
        _fill(packed[layer], weights)
    return packed


def _fill(panels: NDArray[Any], weights: NDArray[np.float32]) -> None:
    whole = weights.shape[0] // PANEL
    panels[:whole] = weights[: whole * PANEL].reshape(whole, PANEL, -1).transpose(0, 2, 1)
    if whole < len(panels):
        panels[whole, :, : weights.shape[0] - whole * PANEL] = weights[whole * PANEL :].T
