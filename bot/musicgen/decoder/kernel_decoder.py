"""The decoder on our own kernels: a whole step is one operation, for any number of rows.

The kernels compute only the rows there are, and attention only over each row's own positions, so
that nothing is compiled or padded for a mix of requests. Weights and KV caches are numpy memory
that the kernels read in place.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mindspore as ms
import numpy as np
from mindspore import Tensor, ops

from bot.domain.generation import Precision
from bot.musicgen.checkpoint.model_config import DecoderConfig
from bot.musicgen.decoder import kernel_weights
from bot.musicgen.decoder.interface import Conditioning, Floats, Rows
from bot.musicgen.kernels.packed_weights import PackedWeights
from bot.musicgen.kernels.packing import allocate

MAX_TEXT_TOKENS = 512

CHUNK = 64
"""Positions per block of the KV cache; must equal `CHUNK` of attention.h."""

_MIN_ROWS = 32
_CHUNKS_AHEAD = 4
"""How far ahead of a sequence the memory of its KV cache is touched, in chunks."""

_SPARE_ROWS = 16
"""Rows in addition to one per slot, for prefill during the decoding of others."""

_CACHE_DTYPES: dict[Precision, type[np.generic]] = {
    "fp32": np.float32,
    "bf16": np.uint16,
    "int8": np.int8,
    "int4": np.int8,
}

_STEP_WEIGHTS = (
    "tokens",
    "positions",
    "gains",
    "biases",
    "qkv",
    "out",
    "cross_query",
    "cross_out",
    "fc1",
    "fc2",
    "heads",
)
"""The weights of a step, in the order of the enum in step.cc."""


class KernelDecoder:
    """A decoder whose layers run in C++."""

    def __init__(
        self,
        weights: dict[str, Any],
        config: DecoderConfig,
        library: Path,
        *,
        slots: int,
        positions: int,
        precision: Precision = "fp32",
        packed: PackedWeights | None = None,
    ) -> None:
        """Take the weights (and empty the mapping) and make room for `slots` sequences.

        `weights` have the names of transformers' MusicgenForCausalLM; `positions` is the longest
        sequence. Memory is only used as sequences grow. The KV cache has numbers of `precision`;
        so have the weights, unless half precision holds them exactly and bytes aren't asked for.
        `packed` are the weights as packed at an earlier start, which needs no others.
        """
        self.precision = precision
        self.slots = slots
        self.max_rows = max(_MIN_ROWS, slots + _SPARE_ROWS)
        self._config = config
        chunks = -(-positions // CHUNK)
        packed = packed or PackedWeights()
        tables = packed.group(
            "decoder.tables", lambda: kernel_weights.take_tables(weights, config, chunks * CHUNK)
        )
        matrices = packed.group(
            "decoder.matrices", lambda: kernel_weights.pack_matrices(weights, config, precision)
        )
        bits = sorted({_bits(array) for array in matrices.values()})
        self.description = f"kernels, weights in {' and '.join(map(str, bits))} bits"
        dtype = _CACHE_DTYPES[precision]
        self._kv_cache = allocate(_cache_shape(config, slots, chunks, dtype), dtype)
        texts = (slots, MAX_TEXT_TOKENS // CHUNK) if config.has_cross_attention else (1, 1)
        text_cache = allocate(_cache_shape(config, *texts, dtype), dtype, dense=False)
        inputs = {name: Tensor.from_numpy(array) for name, array in {**tables, **matrices}.items()}
        self._text_cache = Tensor.from_numpy(text_cache)
        nothing = Tensor.from_numpy(np.zeros((1, 1, 1, 1), np.float32))
        self._text_weights = inputs.get("cross_kv", nothing)
        self._nothing_given = Tensor.from_numpy(np.zeros((1, config.hidden_size), np.float32))
        self._fixed = (
            *(inputs.get(name, nothing) for name in _STEP_WEIGHTS),
            Tensor.from_numpy(self._kv_cache),
            self._text_cache,
        )
        width_out = config.codebooks * config.vocab_size
        # Asynchronous launch wakes three threads in turn, each of which waits for a core on a busy
        # machine, without benefit, since each step depends on the previous one.
        ms.runtime.launch_blocking()
        # Called directly: the overhead of `mindspore.jit` exceeds the kernels' own time.
        self._step = _kernel(library, "step", lambda plan, *_: (plan[1], width_out))
        self._write_text_cache = _kernel(library, "keep_text", lambda *_: (1,))

    def warm_up(self) -> None:
        """Run everything once in advance, using slot 0."""
        # Writing the same values makes the system provide the memory, and keeps a slot's prefix.
        touched = self._kv_cache[:, :, :_CHUNKS_AHEAD, 0, 0, 0]
        touched[...] = touched.copy()
        if self._config.has_cross_attention:
            states = np.zeros((1, self._config.hidden_size), np.float32)
            self.set_conditioning(0, Conditioning(text_states=states))
        nothing = np.zeros(1, np.int32)
        tokens = np.zeros((1, self._config.codebooks), np.int32)
        self.step(Rows(tokens=tokens, slots=nothing, positions=nothing, text_lengths=nothing))

    def set_conditioning(self, slot: int, conditioning: Conditioning) -> None:
        """Compute the keys and values of a slot's cross-attention."""
        self._write_text_cache(
            Tensor.from_numpy(np.ascontiguousarray(conditioning.text_states)),
            self._text_weights,
            self._text_cache,
            Tensor.from_numpy(np.array([slot], np.int32)),
        ).asnumpy()

    def copy_past(self, source: int, target: int, positions: range) -> None:
        """Copy the cache blocks that contain the given positions from one slot to another."""
        chunks = slice(positions.start // CHUNK, -(-positions.stop // CHUNK))
        self._kv_cache[:, target, chunks] = self._kv_cache[:, source, chunks]

    def step(self, rows: Rows) -> Floats:
        """Advance by one step; return the logits [rows, codebooks, vocab_size]."""
        self._touch_cache_ahead(rows)
        codebooks = self._config.codebooks
        plan = np.empty((codebooks + 3, len(rows)), np.int32)
        plan[:codebooks] = rows.tokens.T
        plan[codebooks:] = rows.slots, rows.positions, rows.text_lengths
        given = self._nothing_given
        if rows.given is not None:
            given = Tensor.from_numpy(np.ascontiguousarray(rows.given))
        flat = self._step(Tensor.from_numpy(plan), *self._fixed, given).asnumpy()
        logits: Floats = flat.reshape(len(rows), codebooks, self._config.vocab_size)
        return logits

    def _touch_cache_ahead(self, rows: Rows) -> None:
        """Touch the KV cache far ahead of the rows, a few layers per position.

        The operating system maps and zeroes a page at its first write. If one step touched all
        layers at once, these page faults would take as long as five steps.
        """
        layers, chunks = self._kv_cache.shape[0], self._kv_cache.shape[2]
        for slot, position in zip(rows.slots.tolist(), rows.positions.tolist(), strict=True):
            chunk = position // CHUNK + _CHUNKS_AHEAD
            if chunk < chunks:
                place = position % CHUNK
                due = slice(place * layers // CHUNK, (place + 1) * layers // CHUNK)
                self._kv_cache[due, slot, chunk, 0, 0, 0] = 0


def _bits(matrix: Any) -> int:
    """Return the bits per weight; a uint32 holds eight weights."""
    return 4 if matrix.dtype == np.uint32 else 8 * int(matrix.dtype.itemsize)


def _cache_shape(
    config: DecoderConfig, slots: int, chunks: int, dtype: type[np.generic]
) -> tuple[int, ...]:
    # Each head's vector of bytes has a float as scale.
    numbers_of_position = config.head_size + (4 if dtype is np.int8 else 0)
    return config.layers, slots, chunks, 2, config.heads, CHUNK * numbers_of_position


def _kernel(library: Path, name: str, shape: Callable[..., tuple[int, ...]]) -> Any:
    """Return a kernel as an operation with float32 output; `shape` gives its shape from inputs'."""
    return ops.Custom(f"{library}:zhiyin_{name}", shape, lambda *_: ms.float32, func_type="aot")
