"""The decoder on our own kernels: a few compiled MindSpore graphs for any number of rows.

The kernels compute only the rows there are, and attention only over each row's own past, so that
the same graphs serve every mix of requests and are compiled once. Weights and caches are numpy
memory that the graphs read in place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mindspore as ms
import numpy as np
from mindspore import Tensor, nn, ops

from bot.musicgen import kernel_weights
from bot.musicgen.decoder import Floats, Rows
from bot.musicgen.packing import allocate
from bot.musicgen.shape import DecoderShape

MAX_TEXT_TOKENS = 512

CHUNK = 64
"""Positions that lie together in a cache; the kernels know the same number."""

_MIN_ROWS = 32
_CHUNKS_AHEAD = 4
"""How far ahead of a sequence memory is taken up."""

_ROOMS = (4, 16)
"""Rows that graphs of their own are compiled for, beside the one for as many as there can be."""

_SPARE_ROWS = 16
"""Rows beyond one for each slot, in which an audio prompt is read while others play."""


class KernelDecoder:
    """A decoder whose layers run in C++."""

    def __init__(
        self,
        weights: dict[str, Any],
        shape: DecoderShape,
        library: Path,
        *,
        slots: int,
        positions: int,
    ) -> None:
        """Take the weights (and empty the mapping) and make room for `slots` sequences.

        `weights` have the names of transformers' MusicgenForCausalLM; `positions` is the longest
        sequence. Room is only taken up as sequences grow.
        """
        self.slots = slots
        self.max_rows = max(_MIN_ROWS, slots + _SPARE_ROWS)
        self._shape = shape
        chunks = -(-positions // CHUNK)
        tables = kernel_weights.tables(weights, shape, chunks * CHUNK)
        packed = kernel_weights.packed(weights, shape)
        bits = sorted({8 * array.dtype.itemsize for array in packed.values()})
        self.description = f"kernels, weights in {' and '.join(map(str, bits))} bits"
        self._past = allocate(_cache_size(shape, slots, chunks), np.float32)
        text_chunks = MAX_TEXT_TOKENS // CHUNK
        texts = allocate(_cache_size(shape, slots, text_chunks), np.float32, dense=False)
        inputs = {name: Tensor.from_numpy(array) for name, array in {**tables, **packed}.items()}
        self._cache, self._texts = Tensor.from_numpy(self._past), Tensor.from_numpy(texts)
        rooms = (*(room for room in _ROOMS if room < self.max_rows), self.max_rows)
        self._steps = {room: ms.jit(_Step(shape, library, room).construct) for room in rooms}
        self._step_weights = tuple(inputs[name] for name in _STEP_WEIGHTS)
        self._read = ms.jit(_ReadText(shape, library).construct)
        self._text_weights = inputs["text_pairs"]

    def warm_up(self) -> None:
        """Compile every graph, that no request waits for it; slot 0 is used."""
        self._past[:, :, :_CHUNKS_AHEAD, 0, 0, 0] = 0
        self.keep_text(0, np.zeros((1, self._shape.hidden_size), np.float32))
        for room in self._steps:
            nothing = np.zeros(room, np.int32)
            tokens = np.zeros((room, self._shape.codebooks), np.int32)
            self.step(Rows(tokens=tokens, slots=nothing, positions=nothing, text_lengths=nothing))

    def keep_text(self, slot: int, states: Floats) -> None:
        """Let a slot attend to a text from now on; states [tokens, hidden_size]."""
        for first in range(0, len(states), self.max_rows):
            part = states[first : first + self.max_rows]
            self._read(
                _padded(part, self.max_rows, np.float32),
                self._text_weights,
                self._texts,
                _scalar(slot),
                _scalar(len(part)),
                _scalar(first),
            ).asnumpy()

    def step(self, rows: Rows) -> Floats:
        """Advance by one step; return the scores [rows, codebooks, vocab_size]."""
        self._take_up_room(rows)
        room = next(room for room in self._steps if room >= len(rows))
        scores = self._steps[room](
            _padded(rows.tokens, room),
            *self._step_weights,
            self._cache,
            self._texts,
            _padded(rows.slots, room),
            _padded(rows.positions, room),
            _padded(rows.text_lengths, room),
            _scalar(len(rows)),
            _scalar(rows.with_text),
        )
        shape = (len(rows), self._shape.codebooks, self._shape.vocab_size)
        made: Floats = scores.asnumpy()[: len(rows)].reshape(shape)
        return made

    def _take_up_room(self, rows: Rows) -> None:
        """Write to what is far ahead of the rows, a few layers a position.

        Memory is given to a process, and filled with zeros, when it first writes there. Left to
        the step that needs it, all layers at once, that takes as long as five steps.
        """
        layers, chunks = self._past.shape[0], self._past.shape[2]
        for slot, position in zip(rows.slots.tolist(), rows.positions.tolist(), strict=True):
            chunk = position // CHUNK + _CHUNKS_AHEAD
            if chunk < chunks:
                place = position % CHUNK
                due = slice(place * layers // CHUNK, (place + 1) * layers // CHUNK)
                self._past[due, slot, chunk, 0, 0, 0] = 0


_STEP_WEIGHTS = (
    "tokens",
    "positions",
    "gains",
    "biases",
    "qkv",
    "attended",
    "text_query",
    "text_attended",
    "widen",
    "narrow",
    "heads",
)


def _cache_size(shape: DecoderShape, slots: int, chunks: int) -> tuple[int, ...]:
    return shape.layers, slots, chunks, 2, shape.heads, CHUNK * shape.head_size


def _padded(values: Any, rows: int, dtype: type[np.generic] = np.int32) -> Tensor:
    padded = np.zeros((rows, *values.shape[1:]), dtype)
    padded[: len(values)] = values
    return Tensor.from_numpy(padded)


def _scalar(value: int) -> Tensor:
    return Tensor.from_numpy(np.array([value], np.int32))


def _kernel(library: Path, name: str, shape: tuple[int, ...]) -> Any:
    """Return a kernel as an operation whose output is float32 [shape]."""
    return ops.Custom(
        f"{library}:zhiyin_{name}",
        lambda *_: shape,
        lambda *_: ms.float32,
        func_type="aot",
    )


class _Step(nn.Cell):
    """One step of the decoder with room for so many rows."""

    def __init__(self, shape: DecoderShape, library: Path, room: int) -> None:
        super().__init__(auto_prefix=False)
        self.layers = shape.layers
        self.index = [Tensor([layer], ms.int32) for layer in range(shape.layers)]
        self.last_norm = Tensor([len(kernel_weights.NORMS) * shape.layers], ms.int32)
        self.codebook_starts = Tensor(np.arange(shape.codebooks) * (shape.vocab_size + 1), ms.int32)
        states = (room, shape.hidden_size)
        self.self_attention = _kernel(library, "self_attention", states)
        self.text_attention = _kernel(library, "text_attention", states)
        self.feed_forward = _kernel(library, "feed_forward", states)
        self.heads = _kernel(library, "heads", (room, shape.codebooks * shape.vocab_size))

    def construct(
        self,
        tokens: Any,
        token_table: Any,
        position_table: Any,
        gains: Any,
        biases: Any,
        qkv: Any,
        attended: Any,
        text_query: Any,
        text_attended: Any,
        widen: Any,
        narrow: Any,
        heads: Any,
        cache: Any,
        texts: Any,
        slots: Any,
        positions: Any,
        text_lengths: Any,
        rows: Any,
        rows_with_text: Any,
    ) -> Any:
        x = ops.gather(token_table, tokens + self.codebook_starts, 0).sum(1)
        x = x + ops.gather(position_table, positions, 0)
        for i in range(self.layers):
            layer = self.index[i]
            x = self.self_attention(
                x, gains, biases, qkv, attended, cache, slots, positions, layer, rows
            )
            x = self.text_attention(
                x, gains, biases, text_query, text_attended, texts, slots, text_lengths, layer,
                rows_with_text, rows,
            )  # fmt: skip
            x = self.feed_forward(x, gains, biases, widen, narrow, layer, rows)
        return self.heads(x, gains, biases, heads, self.last_norm, rows)


class _ReadText(nn.Cell):
    """Fill a slot's text cache: the keys and values of every layer."""

    def __init__(self, shape: DecoderShape, library: Path) -> None:
        super().__init__(auto_prefix=False)
        self.index = [Tensor([layer], ms.int32) for layer in range(shape.layers)]
        self.keep = _kernel(library, "keep_text", (1,))

    def construct(
        self, states: Any, weights: Any, texts: Any, slot: Any, rows: Any, first: Any
    ) -> Any:
        kept = first
        for layer in self.index:
            kept = self.keep(states, weights, texts, slot, layer, rows, first)
            # Without this the layers could run at once, and they share the kernels' workspace.
            states = ops.depend(states, kept)
        return kept
