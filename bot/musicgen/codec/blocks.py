"""Block decoding of EnCodec: from blocks of embedded codes to samples.

A stream is one channel of a clip. Blocks of several streams, of any clips and positions, are
decoded together without affecting each other's samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import mindspore as ms
import numpy as np
from mindspore import ops
from numpy.typing import NDArray

from bot.musicgen.codec.layers import ConvolutionChain, Layer, Tensors
from bot.musicgen.codec.lstm import ResidualLstm
from bot.musicgen.codec.windows import ChainSteps
from bot.musicgen.kernels.operations import tensor

Array = NDArray[np.float32]


_RECURRENCE, _CONVOLUTION, _RESIDUAL, _END = range(4)
"""Layer kinds in a plan, with the values of sound.h."""


@dataclass(slots=True, eq=False)
class Stream:
    """One channel of a clip: the decoder's state, and the number of blocks decoded."""

    state: Any
    blocks: int = 0


class Blocks(Protocol):
    """Decodes blocks of samples."""

    @property
    def lag(self) -> int:
        """Return the number of a stream's first samples that lie before the clip."""

    def length_out(self, length: int) -> int:
        """Return the number of samples of a clip of `length` frames."""

    def start(self) -> Stream:
        """Return a new stream."""

    def run(self, streams: Sequence[Stream], rows: Array, lengths: Sequence[int | None]) -> Array:
        """Return the samples [streams, samples] of each stream's next block.

        `rows` are [streams, frames, inputs], `lengths` the lengths of the clips in frames, None
        while unknown.
        """


class GraphBlocks:
    """Blocks as MindSpore graphs, one stream after another."""

    def __init__(self, recurrence: ResidualLstm, chain: ConvolutionChain) -> None:
        self._recurrence, self._chain = recurrence, chain

    @property
    def lag(self) -> int:
        """Return the number of a stream's first samples that lie before the clip."""
        return self._chain.lag

    def length_out(self, length: int) -> int:
        """Return the number of samples of a clip of `length` frames."""
        return self._chain.length_out(length)

    def start(self) -> Stream:
        """Return a new stream."""
        return Stream((self._recurrence.start(1), self._chain.start()))

    def run(self, streams: Sequence[Stream], rows: Array, lengths: Sequence[int | None]) -> Array:
        """Return the samples [streams, samples] of each stream's next block."""
        made = []
        for stream, own, length in zip(streams, rows, lengths, strict=True):
            recurrent, kept = stream.state
            frames, recurrent = self._recurrence.run(own[None], recurrent)
            indices = self._chain.indices(stream.blocks, length)
            samples, kept = self._chain.run(frames[0], kept, indices)
            made.append(samples[:, 0])
            stream.state = recurrent, kept
            stream.blocks += 1
        return np.stack(made)


class KernelBlocks:
    """Blocks on our own kernel, which reads large weights once for all streams.

    `recurrent` are the weights of the linear layer before the LSTM, then those of the LSTM.
    """

    def __init__(self, library: Path, recurrent: Tensors, layers: Sequence[Layer]) -> None:
        self._steps = ChainSteps([layer.step for layer in layers])
        width, recurrences = layers[0].width, (len(recurrent) - 2) // 3
        plan = [(_RECURRENCE, 0, 0, 0, 0)] * recurrences
        state = 2 * width * recurrences
        for layer in layers:
            step = layer.step
            kind = _RESIDUAL if layer.residual else _END if layer is layers[-1] else _CONVOLUTION
            plan.append((kind, step.kept, step.rows, step.places, step.window.taps))
            state += step.kept * layer.width * (2 if layer.residual else 1)
        self._plan = tensor(np.array(plan, np.int32))
        self._frames = layers[0].step.rows
        self._nothing = np.zeros(state, np.float32)
        self._fixed = (*recurrent, *(weight for layer in layers for weight in layer.weights))
        self._usual: dict[int, Any] = {}
        rows_out = layers[-1].step.rows_out

        def shapes(_plan: Any, _x: Any, states: Any, *_: Any) -> Any:
            return [states[0], rows_out], states

        kinds = (ms.float32, ms.float32)
        # Otherwise the waiting caller would occupy one of the cores.
        ms.runtime.launch_blocking()
        # Called directly: a graph would be compiled for each number of streams.
        self._kernel = ops.Custom(
            f"{library}:zhiyin_sound", shapes, lambda *_: kinds, func_type="aot"
        )

    @property
    def lag(self) -> int:
        """Return the number of a stream's first samples that lie before the clip."""
        return self._steps.lag

    def length_out(self, length: int) -> int:
        """Return the number of samples of a clip of `length` frames."""
        return self._steps.length_out(length)

    def start(self) -> Stream:
        """Return a new stream."""
        return Stream(self._nothing)

    def run(self, streams: Sequence[Stream], rows: Array, lengths: Sequence[int | None]) -> Array:
        """Return the samples [streams, samples] of each stream's next block."""
        made, states = self._kernel(
            self._plan,
            tensor(np.ascontiguousarray(rows.reshape(-1, rows.shape[2]))),
            tensor(np.stack([stream.state for stream in streams])),
            self._index(streams, lengths),
            *self._fixed,
        )
        for stream, state in zip(streams, states.asnumpy(), strict=True):
            stream.state = state
            stream.blocks += 1
        samples: Array = made.asnumpy()
        return samples

    def sound(self, rows: Array) -> Array:
        """Return the samples [1, samples] of the first blocks of a clip [1, frames, inputs]."""
        stream, frames = self.start(), self._frames
        parts = np.split(rows, range(frames, rows.shape[1], frames), axis=1)
        return np.concatenate([self.run([stream], part, [None]) for part in parts], axis=1)

    def _index(self, streams: Sequence[Stream], lengths: Sequence[int | None]) -> Any:
        """Return the row indices, common to all streams, layer by layer."""
        steps, count = self._steps, len(streams)
        inside = [
            steps.inside(stream.blocks, length)
            for stream, length in zip(streams, lengths, strict=True)
        ]
        if all(inside):
            if count not in self._usual:
                self._usual[count] = tensor(_by_layer([steps.usual] * count))
            return self._usual[count]
        return tensor(
            _by_layer(
                [
                    steps.usual if usual else steps.indices(stream.blocks, length)
                    for stream, length, usual in zip(streams, lengths, inside, strict=True)
                ]
            )
        )


def _by_layer(indices: Sequence[Sequence[NDArray[np.int32]]]) -> NDArray[np.int32]:
    return np.concatenate([one for layer in zip(*indices, strict=True) for one in layer])
