"""Text to states: the T5 encoder that MusicGen listens to, compiled for MindSpore.

Knows no decoder and no audio. The compiled graph is one layer, run once for each layer's weights:
it compiles in a tenth of a second, so that a prompt of a new length never waits for long.

Source: arXiv 1910.10683 (T5), 2306.05284 (MusicGen); transformers' T5EncoderModel is the reference.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import mindspore as ms
import numpy as np
from mindspore import ops
from numpy.typing import NDArray

from bot.musicgen.shape import TextShape

Array = NDArray[np.float32]

MAX_TOKENS = 512
"""Tokens of a prompt that are read, its end token among them: what T5 was trained on."""

LENGTHS = (16, 32, 64, 128, 256, MAX_TOKENS)
"""Lengths that the layer is compiled for; a prompt is padded to the next one."""

MASKED = -1e9
"""Added to the scores of padding: its share of the attention is exactly zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """One layer's weights as tensors [in, out], the norms' gains multiplied into them."""

    qkv: Any
    out: Any
    rise: Any
    fall: Any


class TextEncoder:
    """The T5 encoder and the projection to the decoder's width.

    `weights` has the names of T5EncoderModel's state dict. It is only read: once this object is
    made, the caller may let it go, except for the embeddings, which are shared. `tokenizer` is
    called as transformers' tokenizers are. `projection` is the weight [decoder width, text width]
    and bias of `enc_to_dec_proj`. Whether the feed-forward layers are plain (ReLU) or gated
    (GELU) is told by the names. Not for use by several threads at once.
    """

    def __init__(
        self,
        weights: Mapping[str, Array],
        shape: TextShape,
        tokenizer: Callable[..., Mapping[str, Any]],
        projection: tuple[Array, Array] | None = None,
        *,
        cached_prompts: int = 64,
    ) -> None:
        self._shape = shape
        self._tokenizer = tokenizer
        self._embeddings = weights["shared.weight"]
        self._distances = weights[_FIRST + ".SelfAttention.relative_attention_bias.weight"]
        gated = "encoder.block.0.layer.1.DenseReluDense.wi_0.weight" in weights
        self._layers = [_layer(weights, index, gated) for index in range(shape.layers)]
        self._run_layer = ms.jit(_layer_function(shape, gated))
        self._run_end = ms.jit(_end_function(shape))
        self._end = _end_weights(weights["encoder.final_layer_norm.weight"], projection)
        self._cached_prompts = cached_prompts
        self._cache: OrderedDict[str, Array] = OrderedDict()

    def encode(self, prompt: str) -> Array:
        """Return the states of a prompt, [tokens, decoder width], read-only.

        A prompt longer than MAX_TOKENS loses its end. A prompt that was asked for lately costs
        nothing.
        """
        states = self._cache.get(prompt)
        if states is None:
            states = self._encode(self.token_ids(prompt))
            states.flags.writeable = False
            self._cache[prompt] = states
            if len(self._cache) > self._cached_prompts:
                self._cache.popitem(last=False)
        self._cache.move_to_end(prompt)
        return states

    def warm_up(self, tokens: int = 64) -> None:
        """Compile for all prompts of up to so many tokens, that none of them waits for it."""
        for length in LENGTHS:
            if length == LENGTHS[0] or length <= tokens:
                self._encode(np.zeros(length, np.int64))

    def token_ids(self, prompt: str) -> NDArray[np.int64]:
        """Return the tokens of a prompt, the end token last."""
        ids = self._tokenizer(prompt, truncation=True, max_length=MAX_TOKENS)["input_ids"]
        return np.asarray(ids, dtype=np.int64)

    def _encode(self, ids: NDArray[np.int64]) -> Array:
        length = next(length for length in LENGTHS if length >= len(ids))
        states = np.zeros((length, self._shape.hidden_size), np.float32)
        states[: len(ids)] = self._embeddings[ids]
        bias = ms.Tensor.from_numpy(self._score_bias(length, len(ids)))
        x = ms.Tensor.from_numpy(states)
        for layer in self._layers:
            x = self._run_layer(x, bias, layer.qkv, layer.out, layer.rise, layer.fall)
        result: Array = self._run_end(x, *self._end).asnumpy()
        return result[: len(ids)].copy()

    def _score_bias(self, length: int, tokens: int) -> Array:
        """Return what is added to the attention scores, [heads, length, length]."""
        positions = np.arange(length)
        distances = positions[None, :] - positions[:, None]
        buckets = relative_buckets(
            distances,
            buckets=self._shape.relative_buckets,
            max_distance=self._shape.relative_distance,
        )
        bias = np.ascontiguousarray(self._distances[buckets].transpose(2, 0, 1))
        bias[:, :, tokens:] = MASKED
        return bias


def relative_buckets(
    distances: NDArray[np.int64], *, buckets: int, max_distance: int
) -> NDArray[np.int64]:
    """Return the bucket of each distance from query to key, in the same shape.

    One half of the buckets is for keys after the query. In each half the near distances have a
    bucket each, the others share buckets that grow geometrically up to `max_distance`.
    """
    half = buckets // 2
    exact = half // 2
    size = np.abs(distances)
    octaves = np.log(np.maximum(size, 1) / exact) / math.log(max_distance / exact)
    # Distances such as 16 and 32 begin a bucket exactly; no rounding may put them before it.
    steps = np.floor(octaves * (half - exact) + 1e-6)
    far = np.minimum(exact + steps.astype(np.int64), half - 1)
    return np.where(size < exact, size, far) + np.where(distances > 0, half, 0)


_FIRST = "encoder.block.0.layer.0"


def _layer(weights: Mapping[str, Array], index: int, gated: bool) -> _Layer:
    attention = f"encoder.block.{index}.layer.0"
    feed = f"encoder.block.{index}.layer.1"
    rise = ("wi_0", "wi_1") if gated else ("wi",)
    return _Layer(
        qkv=_inward(
            [weights[f"{attention}.SelfAttention.{part}.weight"] for part in "qkv"],
            weights[f"{attention}.layer_norm.weight"],
        ),
        out=_inward([weights[f"{attention}.SelfAttention.o.weight"]]),
        rise=_inward(
            [weights[f"{feed}.DenseReluDense.{part}.weight"] for part in rise],
            weights[f"{feed}.layer_norm.weight"],
        ),
        fall=_inward([weights[f"{feed}.DenseReluDense.wo.weight"]]),
    )


def _inward(matrices: list[Array], gain: Array | None = None) -> Any:
    """Lay matrices [out, in] side by side as one tensor [in, outs], the norm's gain in its rows."""
    joined = np.concatenate([matrix.T for matrix in matrices], axis=1, dtype=np.float32)
    if gain is not None:
        joined *= gain[:, None]
    return ms.Tensor.from_numpy(np.ascontiguousarray(joined))


def _end_weights(gain: Array, projection: tuple[Array, Array] | None) -> tuple[Any, ...]:
    if projection is None:
        return (ms.Tensor.from_numpy(np.array(gain, np.float32)),)
    weight, bias = projection
    return _inward([weight], gain), ms.Tensor.from_numpy(np.array(bias, np.float32))


def _layer_function(shape: TextShape, gated: bool) -> Callable[..., Any]:
    heads, size, epsilon = shape.heads, shape.head_size, shape.layer_norm_epsilon
    matmul, mean = ops.MatMul(), ops.ReduceMean(keep_dims=True)
    scores, mix = ops.BatchMatMul(transpose_b=True), ops.BatchMatMul()
    gelu = ops.GeLU()  # the tanh form, which is what T5 calls gelu_new

    def run(x: Any, bias: Any, qkv: Any, out: Any, rise: Any, fall: Any) -> Any:
        normal = x * ops.rsqrt(mean(ops.square(x), -1) + epsilon)
        parts = ops.transpose(ops.reshape(matmul(normal, qkv), (-1, 3 * heads, size)), (1, 0, 2))
        query, key, value = ops.split(parts, heads, 0)
        shares = ops.softmax(scores(query, key) + bias, -1)
        mixed = ops.reshape(ops.transpose(mix(shares, value), (1, 0, 2)), (-1, heads * size))
        x = x + matmul(mixed, out)
        inner = matmul(x * ops.rsqrt(mean(ops.square(x), -1) + epsilon), rise)
        if gated:
            gate, linear = ops.chunk(inner, 2, 1)
            inner = gelu(gate) * linear
        else:
            inner = ops.relu(inner)
        return x + matmul(inner, fall)

    return run


def _end_function(shape: TextShape) -> Callable[..., Any]:
    epsilon = shape.layer_norm_epsilon
    matmul, mean = ops.MatMul(), ops.ReduceMean(keep_dims=True)

    def run(x: Any, weight: Any, bias: Any = None) -> Any:
        normal = x * ops.rsqrt(mean(ops.square(x), -1) + epsilon)
        if bias is None:
            return normal * weight
        return matmul(normal, weight) + bias

    return run
