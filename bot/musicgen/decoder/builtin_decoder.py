"""The decoder on MindSpore's own operations: for devices and machines without our kernels.

Several times slower than the kernels on a CPU, with the same tokens. Every step computes all
slots, so that the shapes, and with them the results, never depend on how many requests run.
"""

from __future__ import annotations

from typing import Any

import mindspore as ms
import numpy as np
from mindspore import Parameter, Tensor, nn, ops

from bot.domain.generation import Precision
from bot.musicgen.checkpoint.model_config import DecoderConfig
from bot.musicgen.decoder.interface import BODY, Conditioning, Floats, Rows, embeddings, sinusoids
from bot.musicgen.decoder.kernel_weights import norms_of_layer
from bot.musicgen.kernels.packing import allocate

_SPANS = (256, 512, 1024)
_TEXT_SPANS = (64, 512)
_MASKED = -1e9


class BuiltinDecoder:
    """A decoder made of MindSpore's operations, compiled once for each length of the KV cache."""

    def __init__(
        self, weights: dict[str, Any], config: DecoderConfig, *, slots: int, positions: int
    ) -> None:
        """Take the weights (and empty the mapping) and make room for `slots` sequences."""
        self.precision: Precision = "fp32"
        self.description = "MindSpore's own operations"
        self.slots = slots
        self.max_rows = slots
        self._config = config
        # Slots that take no part in a step write to one position that nobody reads.
        self._idle = positions
        # Keys and values of the cross-attention are computed once a request and in numpy, whose
        # memory the graph shares.
        self._text_weights = [
            _text_kv_weights(weights, layer)
            for layer in range(config.layers if config.has_cross_attention else 0)
        ]
        text_layers = max(1, len(self._text_weights))
        longest = (text_layers, 2, slots, config.heads, _TEXT_SPANS[-1], config.head_size)
        self._text_cache: Floats = allocate(longest, np.float32, dense=False)
        self._text_cache_tensor = Tensor.from_numpy(self._text_cache)
        self._layers = _Layers(weights, config, slots=slots, positions=positions + 1)
        self._steps: dict[tuple[int, int], Any] = {}
        self._spans = [*(span for span in _SPANS if span < positions + 1), positions + 1]

    def warm_up(self) -> None:
        """Compile the step over the shortest KV cache; longer ones follow when they are needed."""
        nothing = np.zeros(1, np.int32)
        tokens = np.zeros((1, self._config.codebooks), np.int32)
        self.step(Rows(tokens=tokens, slots=nothing, positions=nothing, text_lengths=nothing))

    def set_conditioning(self, slot: int, conditioning: Conditioning) -> None:
        """Compute the keys and values of a slot's cross-attention."""
        states = conditioning.text_states
        heads, size = self._config.heads, self._config.head_size
        for layer, weights in enumerate(self._text_weights):
            pairs = (states @ weights.T).reshape(len(states), 2, heads, size)
            self._text_cache[layer, :, slot, :, : len(states)] = pairs.transpose(1, 2, 0, 3)

    def copy_past(self, source: int, target: int, positions: range) -> None:
        """Copy what one slot has read at some positions to another."""
        for cache in (*self._layers.keys, *self._layers.values):
            past = cache.asnumpy().copy()
            past[target, :, positions.start : positions.stop] = past[
                source, :, positions.start : positions.stop
            ]
            ops.assign(cache, Tensor(past))

    def step(self, rows: Rows) -> Floats:
        """Advance by one step; return the logits [rows, codebooks, vocab_size]."""
        logits = np.zeros((len(rows), self._config.codebooks, self._config.vocab_size), np.float32)
        left = np.arange(len(rows))
        while len(left):
            # Rows of one slot go one after the other: each sees those before it.
            _, first = np.unique(rows.slots[left], return_index=True)
            logits[left[first]] = self._one_row_a_slot(rows, left[first])
            left = np.delete(left, first)
        return logits

    def _one_row_a_slot(self, rows: Rows, chosen: Any) -> Floats:
        slots = rows.slots[chosen]
        tokens = np.zeros((self.slots, self._config.codebooks), np.int32)
        positions = np.full(self.slots, self._idle, np.int32)
        lengths = np.zeros(self.slots, np.int32)
        tokens[slots] = rows.tokens[chosen]
        given = np.zeros((self.slots, self._config.hidden_size), np.float32)
        is_given = tokens[:, :1] < 0
        if rows.given is not None:
            given[is_given[:, 0]] = rows.given[-1 - tokens[is_given[:, 0], 0]]
        tokens[is_given[:, 0]] = 0
        positions[slots] = rows.positions[chosen]
        lengths[slots] = rows.text_lengths[chosen]
        reach = int(rows.positions[chosen].max()) + 1
        span = next(span for span in self._spans if span >= reach)
        text_span = next(span for span in _TEXT_SPANS if span >= lengths.max())
        if (span, text_span) not in self._steps:
            step = _Step(self._config, self._layers, span, text_span)
            self._steps[span, text_span] = ms.jit(step.construct)
        made = self._steps[span, text_span](
            Tensor(tokens),
            Tensor(positions),
            Tensor(lengths),
            self._text_cache_tensor,
            Tensor(given),
            Tensor(is_given),
        )
        by_slot = made.asnumpy().reshape(
            self.slots, self._config.codebooks, self._config.vocab_size
        )
        logits: Floats = by_slot[slots]
        return logits


def _text_kv_weights(weights: dict[str, Any], layer: int) -> Floats:
    names = [f"{BODY}layers.{layer}.encoder_attn.{name}.weight" for name in ("k_proj", "v_proj")]
    return np.concatenate([weights.pop(name) for name in names])


def _parameter(array: Any, name: str) -> Parameter:
    return Parameter(Tensor(np.ascontiguousarray(array)), name=name, requires_grad=False)


class _Layers(nn.Cell):
    """Weights [inputs, outputs] and KV caches of all layers."""

    def __init__(
        self, weights: dict[str, Any], config: DecoderConfig, *, slots: int, positions: int
    ) -> None:
        super().__init__(auto_prefix=False)

        def matrices(kind: str, *names: str) -> Any:
            return ms.ParameterTuple(
                _parameter(
                    np.concatenate(
                        [weights.pop(f"{BODY}layers.{layer}.{n}.weight") for n in names]
                    ).T,
                    f"{kind}.{layer}",
                )
                for layer in range(config.layers)
            )

        def norms(kind: str) -> Any:
            return ms.ParameterTuple(
                _parameter(
                    weights.pop(f"{BODY}layers.{layer}.{norm}.{kind}"), f"{norm}.{kind}.{layer}"
                )
                for layer in range(config.layers)
                for norm in norms_of_layer(config)
            )

        def caches(kind: str, length: int) -> Any:
            size = (slots, config.heads, length, config.head_size)
            return ms.ParameterTuple(
                _parameter(np.zeros(size, np.float32), f"{kind}.{layer}")
                for layer in range(config.layers)
            )

        own, other = "self_attn", "encoder_attn"
        self.tokens = _parameter(embeddings(weights, config.codebooks), "tokens")
        self.positions = _parameter(sinusoids(positions, config.hidden_size), "positions")
        self.qkv = matrices("qkv", f"{own}.q_proj", f"{own}.k_proj", f"{own}.v_proj")
        self.out = matrices("out", f"{own}.out_proj")
        if config.has_cross_attention:
            self.cross_query = matrices("cross_query", f"{other}.q_proj")
            self.cross_out = matrices("cross_out", f"{other}.out_proj")
        self.fc1 = matrices("fc1", "fc1")
        self.fc2 = matrices("fc2", "fc2")
        heads = [weights.pop(f"lm_heads.{k}.weight") for k in range(config.codebooks)]
        self.heads = _parameter(np.concatenate(heads).T, "heads")
        self.gains, self.biases = norms("weight"), norms("bias")
        self.last_gain = _parameter(weights.pop(f"{BODY}layer_norm.weight"), "last_gain")
        self.last_bias = _parameter(weights.pop(f"{BODY}layer_norm.bias"), "last_bias")
        self.keys, self.values = caches("keys", positions), caches("values", positions)


class _Step(nn.Cell):
    """One step for all slots, over the first `span` positions of the KV cache."""

    def __init__(self, config: DecoderConfig, layers: _Layers, span: int, text_span: int) -> None:
        super().__init__(auto_prefix=False)
        self.w = layers
        self.layers, self.heads, self.size = config.layers, config.heads, config.head_size
        self.span, self.text_span = span, text_span
        self.has_cross_attention = config.has_cross_attention
        self.norms = len(norms_of_layer(config))
        self.scale = config.head_size**-0.5
        slots = layers.keys[0].shape[0]
        self.slots = slots
        self.codebook_starts = Tensor(
            np.arange(config.codebooks) * (config.vocab_size + 1), ms.int32
        )
        self.past = Tensor(np.arange(span)[None, None, None], ms.int32)
        self.text = Tensor(np.arange(text_span)[None, None, None], ms.int32)
        places = np.zeros((slots, config.heads, 3), np.int32)
        places[..., 0] = np.arange(slots)[:, None]
        places[..., 1] = np.arange(config.heads)
        self.places = Tensor(places)
        self.third = Tensor(np.array([0, 0, 1], np.int32))
        self.norm = ops.LayerNorm(begin_norm_axis=1, begin_params_axis=1, epsilon=1e-5)
        self.matmul, self.batched = ops.MatMul(), ops.BatchMatMul()
        self.update = ops.ScatterNdUpdate()
        self.batched_t = ops.BatchMatMul(transpose_b=True)

    def construct(
        self, tokens: Any, positions: Any, text_lengths: Any, texts: Any, given: Any, is_given: Any
    ) -> Any:
        w = self.w
        x = ops.gather(w.tokens, tokens + self.codebook_starts, 0).sum(1)
        x = ops.select(ops.broadcast_to(is_given, x.shape), given, x)
        x = x + ops.gather(w.positions, positions, 0)
        unseen = self.past > positions.reshape(-1, 1, 1, 1)
        unread = self.text >= text_lengths.reshape(-1, 1, 1, 1)
        has_text = (text_lengths > 0).astype(ms.float32).reshape(-1, 1)
        places = self.places + positions.reshape(-1, 1, 1) * self.third
        for i in range(self.layers):
            first, last = self.norms * i, self.norms * (i + 1) - 1
            y = self.norm(x, w.gains[first], w.biases[first])[0]
            qkv = self.matmul(y, w.qkv[i]).reshape(self.slots, 3, self.heads, self.size)
            keys = self.update(w.keys[i], places, qkv[:, 1])[:, :, : self.span]
            values = self.update(w.values[i], places, qkv[:, 2])[:, :, : self.span]
            x = x + self.matmul(self.attend(qkv[:, 0], keys, values, unseen), w.out[i])
            if self.has_cross_attention:
                y = self.norm(x, w.gains[first + 1], w.biases[first + 1])[0]
                query = self.matmul(y, w.cross_query[i]).reshape(self.slots, self.heads, self.size)
                keys = texts[i, 0, :, :, : self.text_span]
                values = texts[i, 1, :, :, : self.text_span]
                y = self.matmul(self.attend(query, keys, values, unread), w.cross_out[i])
                x = x + y * has_text
            y = self.norm(x, w.gains[last], w.biases[last])[0]
            y = self.matmul(y, w.fc1[i])
            y = 0.5 * y * (1.0 + ops.erf(y * 0.7071067811865476))
            x = x + self.matmul(y, w.fc2[i])
        x = self.norm(x, w.last_gain, w.last_bias)[0]
        return self.matmul(x, w.heads)

    def attend(self, query: Any, keys: Any, values: Any, hidden: Any) -> Any:
        """Return the attention of [slots, heads, size] queries, [slots, heads * size]."""
        query = query.reshape(self.slots, self.heads, 1, self.size)
        scores = self.batched_t(query, keys) * self.scale
        scores = ops.masked_fill(scores, hidden, _MASKED)
        shares = ops.softmax(scores, -1)
        return self.batched(shares, values).reshape(self.slots, self.heads * self.size)
