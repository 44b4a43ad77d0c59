"""The decoder's graphs of MindSpore operations, and their shared weights and caches.

Every shape is fixed, so that each graph is compiled once. Weights, keys and values are MindSpore
parameters, which stay on the device. They have the type `dtype`; residual sums, norms and softmax
are in fp32, as with audiocraft's autocast.
"""

from __future__ import annotations

from typing import Any

import mindspore as ms
import numpy as np
from mindspore import Parameter, Tensor, nn, ops

from bot.musicgen.checkpoint.model_config import DecoderConfig
from bot.musicgen.decoder.interface import BODY, embeddings, sinusoids
from bot.musicgen.decoder.kernel_weights import norms_of_layer

_MASKED = -1e9


class Layers(nn.Cell):
    """Weights [inputs, outputs] and caches [slots, heads, positions, size] of all layers."""

    def __init__(
        self,
        weights: dict[str, Any],
        config: DecoderConfig,
        *,
        slots: int,
        positions: int,
        text_tokens: int,
        dtype: type[np.floating[Any]],
    ) -> None:
        """Take the weights, emptying the mapping, and allocate caches for `slots` sequences."""
        super().__init__(auto_prefix=False)
        own, other = "self_attn", "encoder_attn"

        def matrices(kind: str, *names: str) -> Any:
            return ms.ParameterTuple(
                _parameter(
                    np.concatenate(
                        [weights.pop(f"{BODY}layers.{layer}.{n}.weight") for n in names]
                    ).T.astype(dtype),
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
                _parameter(np.zeros(size, dtype), f"{kind}.{layer}")
                for layer in range(config.layers)
            )

        self.tokens = _parameter(embeddings(weights, config.codebooks).astype(dtype), "tokens")
        self.positions = _parameter(sinusoids(positions, config.hidden_size), "positions")
        self.qkv = matrices("qkv", f"{own}.q_proj", f"{own}.k_proj", f"{own}.v_proj")
        self.out = matrices("out", f"{own}.out_proj")
        if config.has_cross_attention:
            self.cross_query = matrices("cross_query", f"{other}.q_proj")
            self.cross_kv = matrices("cross_kv", f"{other}.k_proj", f"{other}.v_proj")
            self.cross_out = matrices("cross_out", f"{other}.out_proj")
            self.text_keys = caches("text_keys", text_tokens)
            self.text_values = caches("text_values", text_tokens)
        self.fc1 = matrices("fc1", "fc1")
        self.fc2 = matrices("fc2", "fc2")
        heads = [weights.pop(f"lm_heads.{k}.weight") for k in range(config.codebooks)]
        self.heads = _parameter(np.concatenate(heads).T.astype(dtype), "heads")
        self.gains, self.biases = norms("weight"), norms("bias")
        self.last_gain = _parameter(weights.pop(f"{BODY}layer_norm.weight"), "last_gain")
        self.last_bias = _parameter(weights.pop(f"{BODY}layer_norm.bias"), "last_bias")
        self.keys, self.values = caches("keys", positions), caches("values", positions)


class Step(nn.Cell):
    """One step for all slots, over the first `span` positions and the first `text_span` tokens."""

    def __init__(self, config: DecoderConfig, layers: Layers, span: int, text_span: int) -> None:
        super().__init__(auto_prefix=False)
        self.w = layers
        self.layers, self.heads, self.size = config.layers, config.heads, config.head_size
        self.span, self.text_span = span, text_span
        self.has_cross_attention = config.has_cross_attention
        self.norms = len(norms_of_layer(config))
        self.scale = config.head_size**-0.5
        self.dtype = layers.keys[0].dtype
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
        self, tokens: Any, positions: Any, text_lengths: Any, given: Any, is_given: Any
    ) -> Any:
        """Return the logits [slots, codebooks * vocab_size] in fp32.

        tokens [slots, codebooks], positions and text_lengths [slots]; where `is_given` [slots, 1],
        `given` [slots, width] is read in place of the tokens.
        """
        w = self.w
        x = ops.cast(ops.gather(w.tokens, tokens + self.codebook_starts, 0), ms.float32).sum(1)
        x = ops.select(ops.broadcast_to(is_given, x.shape), given, x)
        x = x + ops.gather(w.positions, positions, 0)
        unseen = self.past > positions.reshape(-1, 1, 1, 1)
        unread = self.text >= text_lengths.reshape(-1, 1, 1, 1)
        has_text = ops.cast(text_lengths > 0, ms.float32).reshape(-1, 1)
        places = self.places + positions.reshape(-1, 1, 1) * self.third
        for i in range(self.layers):
            first, last = self.norms * i, self.norms * (i + 1) - 1
            y = self.norm(x, w.gains[first], w.biases[first])[0]
            qkv = self.product(y, w.qkv[i]).reshape(self.slots, 3, self.heads, self.size)
            keys = self.update(w.keys[i], places, qkv[:, 1])[:, :, : self.span]
            values = self.update(w.values[i], places, qkv[:, 2])[:, :, : self.span]
            y = self.attend(qkv[:, 0], keys, values, unseen)
            x = x + ops.cast(self.product(y, w.out[i]), ms.float32)
            if self.has_cross_attention:
                y = self.norm(x, w.gains[first + 1], w.biases[first + 1])[0]
                query = self.product(y, w.cross_query[i])
                query = query.reshape(self.slots, self.heads, self.size)
                keys = w.text_keys[i][:, :, : self.text_span]
                values = w.text_values[i][:, :, : self.text_span]
                y = self.product(self.attend(query, keys, values, unread), w.cross_out[i])
                x = x + ops.cast(y, ms.float32) * has_text
            y = self.norm(x, w.gains[last], w.biases[last])[0]
            y = ops.cast(self.product(y, w.fc1[i]), ms.float32)
            y = 0.5 * y * (1.0 + ops.erf(y * 0.7071067811865476))
            x = x + ops.cast(self.product(y, w.fc2[i]), ms.float32)
        x = self.norm(x, w.last_gain, w.last_bias)[0]
        return ops.cast(self.product(x, w.heads), ms.float32)

    def product(self, x: Any, matrix: Any) -> Any:
        """Return a matrix product in the weights' precision."""
        return self.matmul(ops.cast(x, self.dtype), matrix)

    def attend(self, query: Any, keys: Any, values: Any, hidden: Any) -> Any:
        """Return the attention of [slots, heads, size] queries, [slots, heads * size]."""
        # Scaled before the product, which would otherwise overflow in half precision.
        query = (query * self.scale).reshape(self.slots, self.heads, 1, self.size)
        scores = ops.cast(self.batched_t(query, keys), ms.float32)
        shares = ops.softmax(ops.masked_fill(scores, hidden, _MASKED), -1)
        mixed = self.batched(ops.cast(shares, self.dtype), values)
        return mixed.reshape(self.slots, self.heads * self.size)


class KeepText(nn.Cell):
    """Computes the keys and values of one slot's cross-attention, for texts of a fixed length."""

    def __init__(self, config: DecoderConfig, layers: Layers, tokens: int) -> None:
        super().__init__(auto_prefix=False)
        self.w, self.layers = layers, config.layers
        self.shape = (tokens, 2, config.heads, config.head_size)
        self.dtype = layers.keys[0].dtype
        _, heads, longest, size = layers.text_keys[0].shape
        self.rest = Tensor(np.zeros((2, heads, longest - tokens, size)), self.dtype)
        self.matmul, self.update = ops.MatMul(), ops.ScatterNdUpdate()

    def construct(self, states: Any, slot: Any) -> Any:
        """Take the states [tokens, width], padded, and the slot [1, 1]; return the slot."""
        states = ops.cast(states, self.dtype)
        for i in range(self.layers):
            pairs = self.matmul(states, self.w.cross_kv[i]).reshape(self.shape)
            pairs = ops.cat((ops.transpose(pairs, (1, 2, 0, 3)), self.rest), 2)
            self.update(self.w.text_keys[i], slot, pairs[:1])
            self.update(self.w.text_values[i], slot, pairs[1:])
        return slot


class CopyPast(nn.Cell):
    """Copies the KV cache at some positions from one slot to another."""

    def __init__(self, config: DecoderConfig, layers: Layers) -> None:
        super().__init__(auto_prefix=False)
        self.w, self.layers = layers, config.layers
        self.update = ops.ScatterNdUpdate()

    def construct(self, source: Any, target: Any, chosen: Any) -> Any:
        """Take two slots, [1] and [1, 1], and a mask of positions, [1, 1, positions, 1]."""
        for i in range(self.layers):
            for cache in (self.w.keys[i], self.w.values[i]):
                theirs, own = ops.gather(cache, source, 0), ops.gather(cache, target[0], 0)
                mixed = ops.select(ops.broadcast_to(chosen, own.shape), theirs, own)
                self.update(cache, target, mixed)
        return target


def _parameter(array: Any, name: str) -> Parameter:
    return Parameter(Tensor(np.ascontiguousarray(array)), name=name, requires_grad=False)
