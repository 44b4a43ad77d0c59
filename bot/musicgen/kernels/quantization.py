"""Quantize weights to 8 or 4 bits, in the layout of the dot product instructions.

A panel is 64 columns: for each group of inputs the scales of its columns, then its integers in the
order in which the kernels read them (see weights.h).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

PANEL = 64
"""Columns in a panel of bytes."""

GROUP = 128
"""Inputs per scale in int8; the kernels have the same constant."""

INT4_GROUP = 32
"""Inputs per scale in int4."""

_SCALE_LINES = 4  # an fp32 scale takes the space of four int8 inputs
_MOST, _OFFSET = 127, 128

_INT4_WORDS = 32  # per line, which holds the scales of a group, or half of eight inputs
_INT4_LINES = 1 + INT4_GROUP // 4
_INT4_LEAST, _INT4_MOST = -8, 7
_INT4_EXTREMES = (-8.4, -8.0, -7.6, -7.2, -6.8)
"""Candidates for a group's largest number in units of its scale; the best one is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The layout of one layer's weights; `fill` converts weights [outputs, inputs] to it."""

    shape: tuple[int, ...]
    dtype: type[np.generic]
    fill: Callable[[NDArray[Any], Floats], None]


def int8_layout(shape: tuple[int, int]) -> Layout | None:
    """Return the layout for weights of a shape (outputs, inputs), None if unsupported."""
    outputs, inputs = shape
    if inputs % 4:
        return None
    lines = inputs + _SCALE_LINES * -(-inputs // GROUP)
    return Layout(shape=(-(-outputs // PANEL), lines, PANEL), dtype=np.uint8, fill=_fill_int8)


def int4_layout(shape: tuple[int, int]) -> Layout | None:
    """Return the layout for weights of a shape (outputs, inputs), None if unsupported."""
    outputs, inputs = shape
    if inputs % INT4_GROUP:
        return None
    lines = inputs // INT4_GROUP * _INT4_LINES
    shape_of_layer = (-(-outputs // PANEL), lines, _INT4_WORDS)
    return Layout(shape=shape_of_layer, dtype=np.uint32, fill=_fill_int4)


def _columns(weights: Floats) -> Floats:
    """Return [outputs, inputs] as [panels, 64, inputs], padded with zero outputs."""
    whole = np.pad(weights, ((0, -len(weights) % PANEL), (0, 0)))
    return whole.reshape(-1, PANEL, whole.shape[1])


def _fill_int8(panels: NDArray[Any], weights: Floats) -> None:
    """Quantize to integers from -127 to 127, stored plus 128."""
    columns = _columns(weights)
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


def _fill_int4(panels: NDArray[Any], weights: Floats) -> None:
    """Quantize to integers from -8 to 7, stored plus 8, eight inputs of a column per word."""
    columns = _columns(weights)
    for at, one_panel in zip(panels, columns, strict=True):
        groups = one_panel.reshape(PANEL, -1, INT4_GROUP)
        whole, scales = _nearest_int4(groups)
        # Of eight inputs the first four are the low nibbles of a word's bytes.
        fours = (whole - _INT4_LEAST).astype(np.uint8).reshape(PANEL, -1, INT4_GROUP // 8, 2, 4)
        pairs = fours[:, :, :, 0] | fours[:, :, :, 1] << 4
        lines = at.view(np.uint8).reshape(groups.shape[1], -1)
        scale_bytes = 2 * PANEL
        lines[:, :scale_bytes] = np.ascontiguousarray(scales.T).view(np.uint8)
        lines[:, scale_bytes:] = pairs.transpose(1, 2, 0, 3).reshape(len(lines), -1)


def _nearest_int4(groups: Floats) -> tuple[Floats, NDArray[np.float16]]:
    """Return integers and scales [columns, groups] for [columns, groups, inputs].

    A group's largest number maps to about -8, whatever its sign, as there is no 8; of several
    scales the one with the least squared error is used.
    """
    places = np.abs(groups).argmax(axis=2)[..., None]
    extremes = np.take_along_axis(groups, places, 2)[..., 0]
    best = np.zeros_like(groups)
    best_scales = np.zeros(extremes.shape, np.float16)
    least = np.full(extremes.shape, np.inf, np.float32)
    for extreme in _INT4_EXTREMES:
        scales = (extremes / np.float32(extreme)).astype(np.float16)
        steps = scales.astype(np.float32)[..., None]
        inverse = np.divide(1, steps, out=np.zeros_like(steps), where=steps != 0)
        whole = np.rint(groups * inverse).clip(_INT4_LEAST, _INT4_MOST)
        error = np.square(whole * steps - groups).sum(axis=2)
        better = error < least
        best[better], best_scales[better], least[better] = (
            whole[better],
            scales[better],
            error[better],
        )
    return best, best_scales
