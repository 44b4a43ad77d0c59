"""Streaming layers: rows of a clip [channels, rows, width] in and out, in pushes of any length.

A stage returns the rows that can be computed from what was pushed so far, and keeps the earlier
rows that it still needs. The `last` push flushes the rest, with the padding of the clip's end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mindspore as ms
import numpy as np
from mindspore import ops
from numpy.typing import NDArray

from bot.musicgen.codec.layers import ConvolutionChain
from bot.musicgen.codec.lstm import ResidualLstm
from bot.musicgen.codec.windows import ZERO_ROW, Window
from bot.musicgen.kernels.operations import tensor

Array = NDArray[np.float32]


class StreamingPadding:
    """Pads a clip by reflection at both ends, for a convolution of stride 1."""

    def __init__(self, window: Window, channels: int, width: int) -> None:
        self._window = window
        self._known = np.zeros((channels, 0, width), np.float32)
        self._first = 0
        self._received = 0
        self._done = 0

    def push(self, rows: Array, *, last: bool) -> Array:
        """Return the rows in the windows of all outputs that can be computed so far."""
        self._known = np.concatenate([self._known, rows], axis=1)
        self._received += rows.shape[1]
        end = self._received if last else self._received - self._window.look_ahead
        if end <= self._done:
            return self._known[:, :0]
        times = np.arange(self._done - self._window.left, end + self._window.right)
        times = self._window.source(times, self._received if last else None)
        found = self._known[:, times - self._first]
        found[:, times == ZERO_ROW] = 0
        self._done = end
        # Reflection at the end reads no further back than the window itself.
        needed = max(self._first, end - self._window.left - self._window.right)
        self._known = self._known[:, needed - self._first :]
        self._first = needed
        return found


class BlockQueue:
    """Collects rows into blocks of a fixed size for a graph, and drops outputs outside the clip.

    The first `lag` rows that blocks give lie before the clip, and a whole clip gives
    `length_out(length)` rows.
    """

    def __init__(
        self,
        *,
        block_rows: int,
        channels: int,
        width: int,
        width_out: int,
        lag: int = 0,
        length_out: Callable[[int], int] = int,
    ) -> None:
        self._block_rows = block_rows
        self._length_out = length_out
        self._buffer = np.zeros((channels, 0, width), np.float32)
        self._nothing = np.zeros((channels, 0, width_out), np.float32)
        self._results = [self._nothing]
        self._received = 0
        self._made = -lag
        self._length: int | None = None

    def add(self, rows: Array, *, last: bool) -> None:
        """Add rows; `last` marks the end of the clip."""
        self._buffer = np.concatenate([self._buffer, rows], axis=1)
        self._received += rows.shape[1]
        if last:
            self._length = self._received

    @property
    def has_block(self) -> bool:
        """Return whether a block is complete."""
        if self._buffer.shape[1] >= self._block_rows:
            return True
        return self._length is not None and self._made < self._length_out(self._length)

    def next_block(self) -> tuple[Array, int | None]:
        """Return a block's rows, and the clip's length if the block goes past the pushed rows."""
        block = self._buffer[:, : self._block_rows]
        is_whole = block.shape[1] == self._block_rows
        self._buffer = self._buffer[:, self._block_rows :]
        if not is_whole:
            missing = self._block_rows - block.shape[1]
            block = np.pad(block, ((0, 0), (0, missing), (0, 0)))
        return block, self._length

    def take(self, made: Array) -> None:
        """Add a block's outputs."""
        before = min(max(-self._made, 0), made.shape[1])
        self._made += made.shape[1]
        made = made[:, before:]
        if self._length is not None:
            after = self._made - self._length_out(self._length)
            if after > 0:
                made = made[:, : max(made.shape[1] - after, 0)]
        self._results.append(made)

    def collect(self) -> Array:
        """Return all new output rows of the clip."""
        results, self._results = self._results, [self._nothing]
        return np.concatenate(results, axis=1)


class BlockBuffer:
    """Runs the blocks of one clip as they become available.

    `run` takes a block and the length of the clip, None while unknown.
    """

    def __init__(self, run: Callable[[Array, int | None], Array], queue: BlockQueue) -> None:
        self._run, self._queue = run, queue

    def push(self, rows: Array, *, last: bool) -> Array:
        """Return the rows that can be computed so far."""
        self._queue.add(rows, last=last)
        while self._queue.has_block:
            self._queue.take(self._run(*self._queue.next_block()))
        return self._queue.collect()


class ConvolutionStream:
    """A chain of convolutions over one clip, one channel at a time: each uses all cores."""

    def __init__(self, chain: ConvolutionChain, channels: int) -> None:
        self._chain = chain
        self._states = [chain.start() for _ in range(channels)]
        self._block = 0

    def run(self, rows: Array, length: int | None) -> Array:
        """Return the outputs of the next block."""
        indices = self._chain.indices(self._block, length)
        self._block += 1
        results = []
        for channel, state in enumerate(self._states):
            made, self._states[channel] = self._chain.run(rows[channel], state, indices)
            results.append(made)
        return np.stack(results)


def convolution_buffer(
    chain: ConvolutionChain, channels: int, width: int, width_out: int
) -> BlockBuffer:
    """Return a buffer that runs a chain over a clip, with these input and output widths."""
    return BlockBuffer(
        ConvolutionStream(chain, channels).run,
        BlockQueue(
            block_rows=chain.block_rows,
            channels=channels,
            width=width,
            width_out=width_out,
            lag=chain.lag,
            length_out=chain.length_out,
        ),
    )


class LstmStream:
    """An LSTM over one clip, all channels at once, so that the weights are read once."""

    def __init__(self, recurrence: ResidualLstm, channels: int) -> None:
        self._recurrence = recurrence
        self._state: Any = recurrence.start(channels)

    def run(self, rows: Array, length: int | None) -> Array:
        """Return the outputs of the next block."""
        made, self._state = self._recurrence.run(rows, self._state)
        return made


class EluLinear:
    """A linear layer after an ELU."""

    def __init__(self, weight: Array, bias: Array) -> None:
        self._weight, self._bias = tensor(weight), tensor(bias)
        matmul, elu = ops.MatMul(), ops.Elu()

        def run(x: Any, weight: Any, bias: Any) -> Any:
            return matmul(elu(x), weight) + bias

        self._run = ms.jit(run)

    def run(self, rows: Array, length: int | None) -> Array:
        """Return the outputs of a block."""
        flat = ms.Tensor.from_numpy(np.ascontiguousarray(rows.reshape(-1, rows.shape[2])))
        result: Array = self._run(flat, self._weight, self._bias).asnumpy()
        return result.reshape(*rows.shape[:2], -1)


def unfold(rows: Array, taps: int) -> Array:
    """Return the sliding windows over rows, [channels, windows, taps * width]."""
    channels, count, width = rows.shape
    if count < taps:
        return np.zeros((channels, 0, taps * width), np.float32)
    unfold = np.lib.stride_tricks.sliding_window_view(rows, taps, axis=1)
    return unfold.transpose(0, 1, 3, 2).reshape(channels, count - taps + 1, taps * width)
