"""The decoder on our own kernels: a whole step is one operation, for any number of rows.

The kernels compute only the rows there are, and attention only over each row's own past, so that
nothing is compiled or padded for a mix of requests. Weights and caches are numpy memory that the
kernels read in place.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mindspore as ms
import numpy as np
from mindspore import Tensor, ops

from bot.domain.generation import Precision
from bot.musicgen.checkpoint.shape import DecoderShape
from bot.musicgen.decoder import kernel_weights
from bot.musicgen.decoder.interface import Floats, Rows
from bot.musicgen.kernels.packing import allocate

MAX_TEXT_TOKENS = 512

CHUNK = 64
"""Positions that lie together in a cache; the kernels know the same number."""

_MIN_ROWS = 32
_CHUNKS_AHEAD = 4
"""How far ahead of a sequence memory is taken up."""

_SPARE_ROWS = 16
"""Rows beyond one for each slot, in which an audio prompt is read while others play."""

_CACHE_NUMBERS: dict[Precision, type[np.generic]] = {
    "fp32": np.float32,
    "bf16": np.uint16,
    "int8": np.int8,
}

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
"""What a step reads, in the order in which the kernel counts it."""


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
        precision: Precision = "fp32",
    ) -> None:
        """Take the weights (and empty the mapping) and make room for `slots` sequences.

        `weights` have the names of transformers' MusicgenForCausalLM; `positions` is the longest
        sequence. Room is only taken up as sequences grow. What is kept of a sequence's past has
        numbers of `precision`; so have the weights, unless half precision holds them exactly and
        bytes aren't asked for.
        """
        self.precision = precision
        self.slots = slots
        self.max_rows = max(_MIN_ROWS, slots + _SPARE_ROWS)
        self._shape = shape
        chunks = -(-positions // CHUNK)
        tables = kernel_weights.tables(weights, shape, chunks * CHUNK)
        packed = kernel_weights.packed(weights, shape, precision)
        bits = sorted({8 * array.dtype.itemsize for array in packed.values()})
        self.description = f"kernels, weights in {' and '.join(map(str, bits))} bits"
        numbers = _CACHE_NUMBERS[precision]
        self._past = allocate(_cache_size(shape, slots, chunks, numbers), numbers)
        text_chunks = MAX_TEXT_TOKENS // CHUNK
        texts = allocate(_cache_size(shape, slots, text_chunks, numbers), numbers, dense=False)
        inputs = {name: Tensor.from_numpy(array) for name, array in {**tables, **packed}.items()}
        self._texts = Tensor.from_numpy(texts)
        self._text_weights = inputs["text_pairs"]
        self._fixed = (
            *(inputs[name] for name in _STEP_WEIGHTS),
            Tensor.from_numpy(self._past),
            self._texts,
        )
        scores = shape.codebooks * shape.vocab_size
        # An operation's way through MindSpore's queues wakes three threads in turn, and on a busy
        # machine each waits for a core. Nothing is gained by them where each step needs the last.
        ms.runtime.launch_blocking()
        # Called as they are: what `mindspore.jit` does for each call takes longer than they do.
        self._step = _kernel(library, "step", lambda plan, *_: (plan[1], scores))
        self._keep = _kernel(library, "keep_text", lambda *_: (1,))

    def warm_up(self) -> None:
        """Run everything once, that no request waits for it; slot 0 is used."""
        self._past[:, :, :_CHUNKS_AHEAD, 0, 0, 0] = 0
        self.keep_text(0, np.zeros((1, self._shape.hidden_size), np.float32))
        nothing = np.zeros(1, np.int32)
        tokens = np.zeros((1, self._shape.codebooks), np.int32)
        self.step(Rows(tokens=tokens, slots=nothing, positions=nothing, text_lengths=nothing))

    def keep_text(self, slot: int, states: Floats) -> None:
        """Let a slot attend to a text from now on; states [tokens, hidden_size]."""
        self._keep(
            Tensor.from_numpy(np.ascontiguousarray(states)),
            self._text_weights,
            self._texts,
            Tensor.from_numpy(np.array([slot], np.int32)),
        ).asnumpy()

    def step(self, rows: Rows) -> Floats:
        """Advance by one step; return the scores [rows, codebooks, vocab_size]."""
        self._take_up_room(rows)
        codebooks = self._shape.codebooks
        plan = np.empty((codebooks + 3, len(rows)), np.int32)
        plan[:codebooks] = rows.tokens.T
        plan[codebooks:] = rows.slots, rows.positions, rows.text_lengths
        scores = self._step(Tensor.from_numpy(plan), *self._fixed).asnumpy()
        made: Floats = scores.reshape(len(rows), codebooks, self._shape.vocab_size)
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


def _cache_size(
    shape: DecoderShape, slots: int, chunks: int, numbers: type[np.generic]
) -> tuple[int, ...]:
    # A position of bytes has a scale, a float.
    numbers_of_position = shape.head_size + (4 if numbers is np.int8 else 0)
    return shape.layers, slots, chunks, 2, shape.heads, CHUNK * numbers_of_position


def _kernel(library: Path, name: str, shape: Callable[..., tuple[int, ...]]) -> Any:
    """Return a kernel as an operation whose output is float32 of a shape, given the inputs'."""
    return ops.Custom(f"{library}:zhiyin_{name}", shape, lambda *_: ms.float32, func_type="aot")
