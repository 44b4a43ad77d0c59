"""The layers of a T5 encoder: one compiled graph, run once with each layer's weights.

A single layer compiles in a tenth of a second, so that a prompt of a new length never waits for
long. The norms' gains are folded into the weights after them.

Source: arXiv 1910.10683 (T5).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import mindspore as ms
import numpy as np
from mindspore import ops
from numpy.typing import NDArray

from bot.domain.generation import Precision
from bot.musicgen.checkpoint.model_config import TextEncoderConfig
from bot.musicgen.kernels.codec_layouts import copied
from bot.musicgen.kernels.operations import (
    Operations,
    builtin_operations,
    kernel_operations,
    tensor,
)
from bot.musicgen.kernels.packed_weights import PackedWeights

Array = NDArray[np.float32]

_LAYERS_AT_ONCE = 4  # launched between two yields


class TextLayers:
    """The layers of a T5EncoderModel's state dict, its last norm and MusicGen's projection.

    `library` holds our own kernels. In less than fp32 the weights are in half precision.
    """

    def __init__(
        self,
        weights: Mapping[str, Array],
        config: TextEncoderConfig,
        projection: tuple[Array, Array] | None,
        library: Path | None,
        precision: Precision,
        packed: PackedWeights,
    ) -> None:
        rounded = precision != "fp32"
        operations = (
            builtin_operations() if library is None else kernel_operations(library, rounded=rounded)
        )
        self._layers = [
            _layer(weights, layer, operations, packed) for layer in range(config.layers)
        ]
        self._run_layer = ms.jit(_layer_function(config, operations))
        self._run_end = ms.jit(_end_function(config, operations))
        self._end = _end(weights, projection, operations, packed)

    def run(self, states: Array, bias: Array) -> Generator[None, None, Array]:
        """Return the last states, [tokens, width], of embeddings [tokens, width], in pieces.

        `bias` is added to the attention scores, [heads, tokens, tokens].
        """
        x, added = ms.Tensor.from_numpy(states), ms.Tensor.from_numpy(bias)
        for index, layer in enumerate(self._layers):
            if index and index % _LAYERS_AT_ONCE == 0:
                x.asnumpy()  # wait for the layers launched so far
                yield
            x = self._run_layer(x, added, *layer)
        result: Array = self._run_end(x, *self._end).asnumpy()
        return result


def _name(index: int, part: int, rest: str) -> str:
    return f"encoder.block.{index}.layer.{part}.{rest}.weight"


def _layer(
    weights: Mapping[str, Array],
    index: int,
    operations: Operations,
    packed: PackedWeights,
) -> tuple[Any, ...]:
    """Return the graph's matrices, each with a zero bias: qkv, out, up and down."""

    def matrix(part: int, *names: str, norm: bool) -> tuple[Any, Any]:
        def pack() -> Mapping[str, Any]:
            joined = np.concatenate([weights[_name(index, part, name)] for name in names])
            if norm:
                joined = joined * weights[_name(index, part, "layer_norm")]
            return {
                "matrix": operations.layouts.matrix(joined.T),
                "bias": np.zeros(len(joined), np.float32),
            }

        made = packed.group(f"text.{index}.{part}.{names[0]}", pack)
        return tensor(made["matrix"]), tensor(made["bias"])

    return (
        *matrix(0, *(f"SelfAttention.{part}" for part in "qkv"), norm=True),
        *matrix(0, "SelfAttention.o", norm=False),
        *matrix(1, "DenseReluDense.wi", norm=True),
        *matrix(1, "DenseReluDense.wo", norm=False),
    )


def _end(
    weights: Mapping[str, Array],
    projection: tuple[Array, Array] | None,
    operations: Operations,
    packed: PackedWeights,
) -> tuple[Any, ...]:
    """Return the last norm's gain, or the projection's matrix and bias with the gain folded in."""

    def pack() -> Mapping[str, Any]:
        gain = weights["encoder.final_layer_norm.weight"]
        if projection is None:
            return {"gain": copied(gain)}
        weight, bias = projection
        return {"matrix": operations.layouts.matrix((weight * gain).T), "bias": copied(bias)}

    made = packed.group("text.end", pack)
    names = ("gain",) if "gain" in made else ("matrix", "bias")
    return tuple(tensor(made[name]) for name in names)


def _layer_function(config: TextEncoderConfig, operations: Operations) -> Callable[..., Any]:
    heads, size, linear = config.heads, config.head_size, operations.linear
    scores, mix = ops.BatchMatMul(transpose_b=True), ops.BatchMatMul()
    norm = _norm(config.layer_norm_epsilon)

    def run(x: Any, bias: Any, *weights: Any) -> Any:
        parts = ops.reshape(linear(norm(x), weights[0], weights[1]), (-1, 3 * heads, size))
        query, key, value = ops.split(ops.transpose(parts, (1, 0, 2)), heads, 0)
        shares = ops.softmax(scores(query, key) + bias, -1)
        mixed = ops.reshape(ops.transpose(mix(shares, value), (1, 0, 2)), (-1, heads * size))
        x = x + linear(mixed, weights[2], weights[3])
        inner = ops.relu(linear(norm(x), weights[4], weights[5]))
        return x + linear(inner, weights[6], weights[7])

    return run


def _end_function(config: TextEncoderConfig, operations: Operations) -> Callable[..., Any]:
    linear, norm = operations.linear, _norm(config.layer_norm_epsilon)

    def run(x: Any, weight: Any, bias: Any = None) -> Any:
        return norm(x) * weight if bias is None else linear(norm(x), weight, bias)

    return run


def _norm(epsilon: float) -> Callable[[Any], Any]:
    mean = ops.ReduceMean(keep_dims=True)

    def norm(x: Any) -> Any:
        return x * ops.rsqrt(mean(ops.square(x), -1) + epsilon)

    return norm
