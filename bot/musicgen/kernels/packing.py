"""Pack weights as the kernels read them: in panels of columns, quantized on request.

A checkpoint whose fp32 numbers all fit fp16 without loss is kept in fp16: the kernels still
accumulate in fp32, with the same result, and read half as much. Meta's MusicGen decoders are of
that kind: they were trained and published in fp16, and the hub's files are widened from it. On
request weights are rounded to bfloat16, or quantized: see quantization.py.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.domain.generation import Precision
from bot.musicgen.kernels.quantization import Layout, int4_layout, int8_layout

PANEL = 16
"""Columns in a panel: the floats in the widest vector register."""

_HUGE_PAGE_BYTES = 2 << 20
# The capacity of the attention kernel (kMaxDim in attention_bytes.cc).
_MOST_HEAD_SIZE = 256


def fits_kernels(head_size: int) -> bool:
    """Return whether the kernels support a head size: whole panels, within their capacity."""
    return head_size % PANEL == 0 and head_size <= _MOST_HEAD_SIZE


def allocate(shape: Sequence[int], dtype: type[np.generic], *, dense: bool = True) -> NDArray[Any]:
    """Return zeroed page-aligned memory, whose pages are only mapped when written to.

    `dense` memory, which is used completely, requests huge pages: reads are some 5 % faster.
    """
    size = max(1, int(np.prod(shape)) * np.dtype(dtype).itemsize)
    rounded = -(-size // _HUGE_PAGE_BYTES) * _HUGE_PAGE_BYTES
    memory = mmap.mmap(-1, rounded, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if dense and hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(memory, dtype, count=int(np.prod(shape))).reshape(shape)


def fits_float16(weights: NDArray[np.float32]) -> bool:
    """Return whether every number is exactly representable in fp16."""
    with np.errstate(over="ignore"):
        return bool(np.array_equal(weights.astype(np.float16).astype(np.float32), weights))


def pack(
    parts: Sequence[Callable[[], NDArray[np.float32]]],
    shape: tuple[int, int],
    precision: Precision = "fp32",
) -> NDArray[Any]:
    """Pack one kind of weight of all layers for the kernels.

    `parts` give the weights [outputs, inputs] of each layer when called, one at a time, so that
    the caller can free each; `shape` is (outputs, inputs). Returns
    [layers, ceil(outputs / 16), inputs, 16] in fp16 where that loses nothing, else in `precision`:
    fp32, or bfloat16 (as uint16). `int8` and `int4` return the layouts of quantization.py; those
    need multiples of four and 32 inputs, and fall back to `int8` and bfloat16 without.
    """
    outputs, inputs = shape
    panels = -(-outputs // PANEL)
    if (layout := _layout(shape, precision)) is not None:
        quantized = allocate((len(parts), *layout.shape), layout.dtype)
        for layer, part in enumerate(parts):
            layout.fill(quantized[layer], part())
        return quantized
    packed: NDArray[Any] = allocate((len(parts), panels, inputs, PANEL), np.float16)
    for layer, part in enumerate(parts):
        weights = part()
        if packed.dtype == np.float16 and not fits_float16(weights):
            wider = allocate(packed.shape, np.float32 if precision == "fp32" else np.uint16)
            for done in range(layer):
                wider[done] = _to_dtype(packed[done].astype(np.float32), wider.dtype)
            packed = wider
        packed[layer] = _panels(_to_dtype(weights, packed.dtype))
    return packed


def _layout(shape: tuple[int, int], precision: Precision) -> Layout | None:
    layout = None
    if precision == "int4":
        layout = int4_layout(shape)
    if precision == "int8" or (precision == "int4" and layout is None):
        layout = int8_layout(shape)
    return layout


def to_bfloat16(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Return numbers as bfloat16 bits, rounded to nearest, ties to even."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def _to_dtype(values: NDArray[np.float32], dtype: np.dtype[Any]) -> NDArray[Any]:
    return to_bfloat16(values) if dtype == np.uint16 else values


def _panels(weights: NDArray[Any]) -> NDArray[Any]:
    """Return [outputs, inputs] as [panels, inputs, 16], padded with zero outputs."""
    whole = np.pad(weights, ((0, -len(weights) % PANEL), (0, 0)))
    return whole.reshape(-1, PANEL, whole.shape[1]).transpose(0, 2, 1)
