"""The decoder on our own kernels: one compiled MindSpore graph for any number of rows.

The kernels compute only the rows there are, and attention only over each row's own past, so that
one graph serves every mix of requests and is compiled once. Weights and caches are numpy memory
that the graph reads in place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mindspore as ms
import numpy as np
from mindspore import Tensor, nn, ops

from bot.musicgen.decoder import BODY, Floats, Rows, embeddings, sinusoids
from bot.musicgen.packing import PANEL, allocate, pack
from bot.musicgen.shape import DecoderShape

MAX_TEXT_TOKENS = 512
_MIN_ROWS = 32
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
        positions = -(-positions // PANEL) * PANEL
        span = (shape.layers, slots, 2, shape.heads)
        tables = _tables(weights, shape, positions)
        packed = _packed(weights, shape)
        bits = sorted({8 * array.dtype.itemsize for array in packed.values()})
        self.description = f"kernels, weights in {' and '.join(map(str, bits))} bits"
        cache = allocate((*span, positions * shape.head_size), np.float32, dense=False)
        texts = allocate((*span, MAX_TEXT_TOKENS * shape.head_size), np.float32, dense=False)
        # The tensors share this memory without keeping it alive.
        self._memory = (*tables.values(), *packed.values(), cache, texts)
        inputs = {name: Tensor.from_numpy(array) for name, array in {**tables, **packed}.items()}
        self._cache, self._texts = Tensor.from_numpy(cache), Tensor.from_numpy(texts)
        heads = shape.codebooks * shape.vocab_size
        self._step = ms.jit(_Step(shape, library, self.max_rows, heads).construct)
        self._step_weights = tuple(inputs[name] for name in _STEP_WEIGHTS)
        self._read = ms.jit(_ReadText(shape, library, self.max_rows).construct)
        self._text_weights = inputs["text_pairs"]

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
        scores = self._step(
            _padded(rows.tokens, self.max_rows),
            *self._step_weights,
            self._cache,
            self._texts,
            _padded(rows.slots, self.max_rows),
            _padded(rows.positions, self.max_rows),
            _padded(rows.text_lengths, self.max_rows),
            _scalar(len(rows)),
            _scalar(rows.with_text),
        )
        shape = (len(rows), self._shape.codebooks, self._shape.vocab_size)
        made: Floats = scores.asnumpy()[: len(rows)].reshape(shape)
        return made


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
_NORMS = ("self_attn_layer_norm", "encoder_attn_layer_norm", "final_layer_norm")


def _tables(weights: dict[str, Any], shape: DecoderShape, positions: int) -> dict[str, Floats]:
    """Return embeddings, and the norms of all layers under each other, the last norm at the end."""
    names = [f"{BODY}layers.{layer}.{norm}" for layer in range(shape.layers) for norm in _NORMS]
    names.append(f"{BODY}layer_norm")
    return {
        "tokens": embeddings(weights, shape.codebooks),
        "positions": sinusoids(positions, shape.hidden_size),
        "gains": np.stack([weights.pop(f"{name}.weight") for name in names]),
        "biases": np.stack([weights.pop(f"{name}.bias") for name in names]),
    }


def _packed(weights: dict[str, Any], shape: DecoderShape) -> dict[str, Any]:
    """Return the weights of each kind, packed for the kernels and taken out of the mapping."""
    width, ffn = shape.hidden_size, shape.ffn_size

    def kind(*names: str, outputs: int, inputs: int) -> Any:
        def part(layer: int) -> Floats:
            return np.concatenate(
                [weights.pop(f"{BODY}layers.{layer}.{name}.weight") for name in names]
            )

        parts = [lambda layer=layer: part(layer) for layer in range(shape.layers)]
        return pack(parts, (outputs, inputs))

    own, other = "self_attn", "encoder_attn"
    heads = [lambda: np.concatenate(_heads(weights, shape))]
    return {
        "qkv": kind(
            f"{own}.q_proj", f"{own}.k_proj", f"{own}.v_proj", outputs=3 * width, inputs=width
        ),
        "attended": kind(f"{own}.out_proj", outputs=width, inputs=width),
        "text_query": kind(f"{other}.q_proj", outputs=width, inputs=width),
        "text_pairs": kind(f"{other}.k_proj", f"{other}.v_proj", outputs=2 * width, inputs=width),
        "text_attended": kind(f"{other}.out_proj", outputs=width, inputs=width),
        "widen": kind("fc1", outputs=ffn, inputs=width),
        "narrow": kind("fc2", outputs=width, inputs=ffn),
        "heads": pack(heads, (shape.codebooks * shape.vocab_size, width)),
    }


def _heads(weights: dict[str, Any], shape: DecoderShape) -> list[Floats]:
    return [weights.pop(f"lm_heads.{k}.weight") for k in range(shape.codebooks)]


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
    """One step of the decoder for up to `rows` rows."""

    def __init__(self, shape: DecoderShape, library: Path, rows: int, heads: int) -> None:
        super().__init__(auto_prefix=False)
        width = shape.hidden_size
        self.layers = shape.layers
        self.index = [Tensor([i], ms.int32) for i in range(3 * shape.layers + 1)]
        vocabulary = shape.vocab_size + 1
        self.codebook_starts = Tensor(np.arange(shape.codebooks) * vocabulary, ms.int32)
        self.qkv = _kernel(library, "norm_linear", (rows, 3 * width))
        self.query = _kernel(library, "norm_linear", (rows, width))
        self.widen = _kernel(library, "norm_linear_gelu", (rows, shape.ffn_size))
        self.heads = _kernel(library, "norm_linear", (rows, heads))
        self.add = _kernel(library, "linear_add", (rows, width))
        self.attend = _kernel(library, "attend", (rows, width))
        self.attend_text = _kernel(library, "attend_text", (rows, width))

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
            norm = self.index[3 * i]
            y = self.qkv(x, gains, biases, qkv, norm, layer, rows)
            y = self.attend(y, cache, slots, positions, layer, rows)
            x = self.add(y, x, attended, layer, rows)
            norm = self.index[3 * i + 1]
            y = self.query(x, gains, biases, text_query, norm, layer, rows_with_text)
            y = self.attend_text(y, texts, slots, text_lengths, layer, rows_with_text)
            x = self.add(y, x, text_attended, layer, rows_with_text)
            norm = self.index[3 * i + 2]
            y = self.widen(x, gains, biases, widen, norm, layer, rows)
            x = self.add(y, x, narrow, layer, rows)
        last = self.index[3 * self.layers]
        return self.heads(x, gains, biases, heads, last, self.index[0], rows)


class _ReadText(nn.Cell):
    """Fill a slot's text cache: the keys and values of every layer."""

    def __init__(self, shape: DecoderShape, library: Path, rows: int) -> None:
        super().__init__(auto_prefix=False)
        self.layers = shape.layers
        self.index = [Tensor([i], ms.int32) for i in range(shape.layers)]
        self.pairs = _kernel(library, "linear", (rows, 2 * shape.hidden_size))
        self.keep = _kernel(library, "keep_text", (1,))

    def construct(
        self, states: Any, weights: Any, texts: Any, slot: Any, rows: Any, first: Any
    ) -> Any:
        kept = first
        for i in range(self.layers):
            pairs = self.pairs(states, weights, self.index[i], rows)
            kept = self.keep(pairs, texts, slot, self.index[i], rows, first)
            # Without this the layers could run at once, and they share the kernels' workspace.
            states = ops.depend(states, kept)
        return kept
