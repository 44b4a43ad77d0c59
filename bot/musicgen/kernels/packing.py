"""Pack weights as the kernels read them: in panels of sixteen columns, quantized on request.

A checkpoint whose fp32 numbers all fit fp16 without loss is kept in fp16: the kernels still
accumulate in fp32, with the same result, and read half as much. Meta's MusicGen decoders are of
that kind: they were trained and published in fp16, and the hub's files are widened from it. On
request weights are rounded to bfloat16, or quantized to int8 with a scale for every 128 inputs.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.domain.generation import Precision

PANEL = 16
"""Columns in a panel: the floats in the widest vector register."""

GROUP = 128
"""Inputs that share a scale where weights are int8; the kernels have the same constant."""

_SCALE_LINES = 4  # sixteen fp32 scales take the room of four inputs of int8
_MOST, _OFFSET = 127, 128

_HUGE_PAGE_BYTES = 2 << 20


def allocate(shape: Sequence[int], dtype: type[np.generic], *, dense: bool = True) -> NDArray[Any]:
    """Return zeroed memory aligned to a page, whose pages are only mapped when written to.

    `dense` memory, which is used from end to end, asks for huge pages: reads are some 5 % faster.
    """
    size = max(1, int(np.prod(shape)) * np.dtype(dtype).itemsize)
    rounded = -(-size // _HUGE_PAGE_BYTES) * _HUGE_PAGE_BYTES
    memory = mmap.mmap(-1, rounded, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if dense and hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(memory, dtype, count=int(np.prod(shape))).reshape(shape)


def fits_float16(weights: NDArray[np.float32]) -> bool:
    """Tell whether every number is exactly representable in fp16."""
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
    fp32, or bfloat16 (as uint16). `int8` returns uint8, laid out by `_fill_int8`; it needs a
    multiple of four inputs, and falls back to bfloat16 without.
    """
    outputs, inputs = shape
    panels = -(-outputs // PANEL)
    if precision == "int8" and inputs % 4 == 0:
        lines = inputs + _SCALE_LINES * -(-inputs // GROUP)
        packed: NDArray[Any] = allocate((len(parts), panels, lines, PANEL), np.uint8)
        for layer, part in enumerate(parts):
            _fill_int8(packed[layer], part())
        return packed
    packed = allocate((len(parts), panels, inputs, PANEL), np.float16)
    for layer, part in enumerate(parts):
        weights = part()
        if packed.dtype == np.float16 and not fits_float16(weights):
            wider = allocate(packed.shape, np.float32 if precision == "fp32" else np.uint16)
            for done in range(layer):
                wider[done] = _to_dtype(packed[done].astype(np.float32), wider.dtype)
            packed = wider
        packed[layer] = _panels(_to_dtype(weights, packed.dtype))
    return packed


def to_bfloat16(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Return the bits of each number rounded to bfloat16, to nearest, ties to even."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def _to_dtype(values: NDArray[np.float32], dtype: np.dtype[Any]) -> NDArray[Any]:
    return to_bfloat16(values) if dtype == np.uint16 else values


def _panels(weights: NDArray[Any]) -> NDArray[Any]:
    """Return [outputs, inputs] as [panels, inputs, 16], zeros where outputs are missing."""
    whole = np.pad(weights, ((0, -len(weights) % PANEL), (0, 0)))
    return whole.reshape(-1, PANEL, whole.shape[1]).transpose(0, 2, 1)


def _fill_int8(panels: NDArray[np.uint8], weights: NDArray[np.float32]) -> None:
    """Quantize weights [outputs, inputs] to whole numbers from -127 to 127, stored plus 128.

    A panel is a sequence of groups of up to 128 inputs: the fp32 scales of its sixteen columns,
    then [inputs / 4, 16, 4].
    """
    columns = np.pad(weights, ((0, -len(weights) % PANEL), (0, 0)))
    columns = columns.reshape(len(panels), PANEL, -1)
    line = 0
    for first in range(0, columns.shape[2], GROUP):
        group = columns[:, :, first : first + GROUP]
        scales = np.abs(group).max(axis=2) / np.float32(_MOST)
        steps = np.divide(1, scales, out=np.zeros_like(scales), where=scales > 0)
        whole = np.rint(group * steps[:, :, None]).astype(np.int16) + _OFFSET
        fours = whole.astype(np.uint8).reshape(len(panels), PANEL, -1, 4).transpose(0, 2, 1, 3)
        panels[:, line : line + _SCALE_LINES] = (
            np.ascontiguousarray(scales).view(np.uint8).reshape(len(panels), _SCALE_LINES, PANEL)
        )
        line += _SCALE_LINES
        panels[:, line : line + group.shape[2]] = fours.reshape(len(panels), -1, PANEL)
        line += group.shape[2]
