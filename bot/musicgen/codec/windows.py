"""Which rows a convolution reads, anywhere in a clip and while its end isn't known.

Audio and all features are rows in time: [rows, channels]. A stream of rows is processed in blocks
of a fixed size, since a compiled graph has fixed shapes; the rows before a block come from a
state, and a block's outputs lag behind its inputs by the look-ahead of the convolutions. The
indices computed here say for every output which rows of state and block it reads, so that the
ends of a clip, which EnCodec pads by reflection, need no graph of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]

ZERO_ROW = -1
"""A time index that stands for a row of zeros."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The window of a convolution.

    Output t reads the rows t * stride - left + j * dilation for every tap j. Rows outside the clip
    are zeros, or its reflection if `mirrored`.
    """

    taps: int
    left: int
    right: int
    stride: int = 1
    dilation: int = 1
    mirrored: bool = True

    @classmethod
    def convolution(cls, kernel: int, *, stride: int = 1, dilation: int = 1) -> Window:
        """Return the window of a non-causal EnCodec convolution."""
        padding = (kernel - 1) * dilation + 1 - stride
        right = padding // 2
        return cls(taps=kernel, left=padding - right, right=right, stride=stride, dilation=dilation)

    @classmethod
    def transposed(cls, taps: int) -> Window:
        """Return the window of a transposed convolution with a kernel of `taps` strides.

        Each window position yields a stride's worth of outputs: see `Step.ratio`.
        """
        return cls(taps=taps, left=taps - 1, right=0, mirrored=False)

    @property
    def look_ahead(self) -> int:
        """Return the look-ahead in rows, including what reflecting the beginning needs."""
        return max(self.right, self.left - self.stride + 1) if self.mirrored else 0

    def outputs(self, length: int) -> int:
        """Return the number of outputs for a clip of `length` rows."""
        return -(-length // self.stride)

    def source(self, times: Index, length: int | None) -> Index:
        """Return the times of the rows to read, with reflection applied outside the clip.

        `length` is the clip's, None while unknown; then only rows certainly inside the clip may be
        requested.
        """
        if not self.mirrored:
            outside = times < 0 if length is None else (times < 0) | (times >= length)
            return np.where(outside, ZERO_ROW, times)
        times = np.abs(times)
        if length is None:
            return times
        # A clip shorter than its padding is first extended by zeros, as in the reference.
        padding = max(self.left, self.right + self.outputs(length) * self.stride - length)
        last = max(length, padding + 1) - 1
        times = np.where(times > last, 2 * last - times, times)
        return np.where((times < 0) | (times >= length), ZERO_ROW, times)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One convolution in a chain that works in blocks.

    A block has `rows` new rows, the first at time block * rows - lag. Each window position yields
    `ratio` outputs; the first `trim` outputs of all lie before the clip.
    """

    window: Window
    rows: int
    lag: int
    ratio: int = 1
    trim: int = 0

    @property
    def places(self) -> int:
        """Return the window positions per block."""
        return self.rows // self.window.stride

    @property
    def rows_out(self) -> int:
        """Return the output rows per block."""
        return self.places * self.ratio

    @property
    def lag_out(self) -> int:
        """Return the lag of the outputs, in output rows."""
        return self._lag_in_places * self.ratio + self.trim

    @property
    def kept(self) -> int:
        """Return the number of rows to keep from before a block."""
        stride = self.window.stride
        # A last stride that is cut short by the clip's end reflects rows further back.
        spare = stride if stride > 1 else 0
        return self._lag_in_places * stride + self.window.left - self.lag + spare

    @property
    def _lag_in_places(self) -> int:
        return -(-(self.lag + self.window.look_ahead) // self.window.stride)

    def length_out(self, length: int) -> int:
        """Return the number of output rows for a clip of `length` rows."""
        return self.window.outputs(length) * self.ratio

    def inside(self, block: int, length: int | None) -> bool:
        """Return whether a block reads only inside the clip, so that the cached index is valid."""
        first = block * self.places - self._lag_in_places
        start = first * self.window.stride - self.window.left
        reach = (self.window.taps - 1) * self.window.dilation + self.places * self.window.stride
        return start >= 0 and (length is None or start + reach <= length)

    def index(self, block: int, length: int | None) -> NDArray[np.int32]:
        """Return indices [places * taps] into the concatenation of a zero row, kept rows and block.

        Outputs outside the clip may read anything.
        """
        window = self.window
        first = block * self.places - self._lag_in_places
        starts = np.arange(first, first + self.places)[:, None] * window.stride - window.left
        times = window.source(starts + np.arange(window.taps) * window.dilation, length)
        rows = times - (block * self.rows - self.lag) + self.kept + 1
        rows[times == ZERO_ROW] = 0
        return rows.clip(0, self.kept + self.rows).astype(np.int32).ravel()


_FAR = 1000
"""A block number certainly inside any clip of unknown length."""


class ChainSteps:
    """The steps of a chain of convolutions, each reading the previous one's outputs."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = tuple(steps)
        self.usual = self.indices(_FAR, None)
        """The indices of a block that reads only rows inside its clip."""

    @property
    def lag(self) -> int:
        """Return the number of first output rows that lie before the clip."""
        return self.steps[-1].lag_out

    def length_out(self, length: int) -> int:
        """Return the number of output rows for a clip of `length` rows."""
        for step in self.steps:
            length = step.length_out(length)
        return length

    def inside(self, block: int, length: int | None) -> bool:
        """Return whether a block's cached indices are valid; `length` is None while unknown."""
        pairs = zip(self.steps, self._lengths(length), strict=True)
        return all(step.inside(block, known) for step, known in pairs)

    def indices(self, block: int, length: int | None) -> tuple[NDArray[np.int32], ...]:
        """Return each step's index for a block."""
        pairs = zip(self.steps, self._lengths(length), strict=True)
        return tuple(step.index(block, known) for step, known in pairs)

    def _lengths(self, length: int | None) -> list[int | None]:
        lengths: list[int | None] = []
        for step in self.steps:
            lengths.append(length)
            length = None if length is None else step.length_out(length)
        return lengths
