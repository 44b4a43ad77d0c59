"""EnCodec's LSTM with its residual connection: its weights, and a graph for a block of frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mindspore as ms
import numpy as np
from numpy.typing import NDArray

from bot.musicgen.codec.state_dict import convolution_matrix
from bot.musicgen.kernels.codec_layouts import Layouts, copied
from bot.musicgen.kernels.operations import Operations, tensor
from bot.musicgen.kernels.packed_weights import PackedWeights

Array = NDArray[np.float32]
State = tuple[Any, ...]
"""Outputs and cell states of each layer, [2 * channels, width]."""


class ResidualLstm:
    """An LSTM with its residual connection, for blocks of a fixed number of frames.

    `weights` are those of `lstm_weights`, and of a linear layer before it if there is one.
    """

    def __init__(
        self,
        weights: Sequence[Any],
        operations: Operations,
        *,
        layers: int,
        width: int,
        frames: int,
    ) -> None:
        self._layers = layers
        self._width = width
        self._fixed = tuple(weights)
        has_head = len(weights) > 3 * layers
        self._run = ms.jit(_block_function(operations, frames, layers, has_head))

    def start(self, channels: int) -> State:
        """Return the state before the first frame."""
        return (tensor(np.zeros((2 * channels, self._width), np.float32)),) * self._layers

    def run(self, rows: Array, state: State) -> tuple[Array, State]:
        """Return inputs plus outputs of a block, [channels, frames, width], and the new state."""
        channels, frames, width = rows.shape
        by_frame = np.ascontiguousarray(rows.transpose(1, 0, 2)).reshape(-1, width)
        made, *new_state = self._run(ms.Tensor.from_numpy(by_frame), *state, *self._fixed)
        result: Array = made.asnumpy().reshape(frames, channels, -1).transpose(1, 0, 2)
        return result, tuple(new_state)


def lstm_weights(
    weights: Mapping[str, Array], name: str, layouts: Layouts, packed: PackedWeights, layers: int
) -> tuple[Any, ...]:
    """Return three tensors per layer: input weights, biases, recurrent weights.

    `name` is the LSTM's prefix in the state dict and in the packed weights.
    """
    made: list[Any] = []
    for layer in range(layers):
        parts = packed.group(
            f"codec.{name}.{layer}",
            lambda layer=layer: _layer(weights, name, layouts, layer),  # type: ignore[misc]
        )
        made += [tensor(parts[each]) for each in ("inputs", "bias", "gates")]
    return tuple(made)


def linear_weights(
    weights: Mapping[str, Array], name: str, layouts: Layouts, packed: PackedWeights
) -> tuple[Any, ...]:
    """Return matrix and bias of a convolution over whole windows, as a linear layer."""

    def pack() -> Mapping[str, NDArray[Any]]:
        matrix, bias = convolution_matrix(weights, name)
        return {"matrix": layouts.matrix(matrix), "bias": copied(bias)}

    made = packed.group(f"codec.{name}", pack)
    return tensor(made["matrix"]), tensor(made["bias"])


def _layer(
    weights: Mapping[str, Array], name: str, layouts: Layouts, layer: int
) -> Mapping[str, NDArray[Any]]:
    bias = weights[f"{name}.bias_ih_l{layer}"] + weights[f"{name}.bias_hh_l{layer}"]
    scale = np.repeat(np.array([1, 1, 2, 1], np.float32), len(bias) // 4)
    of_inputs = weights[f"{name}.weight_ih_l{layer}"].T * scale
    of_outputs = weights[f"{name}.weight_hh_l{layer}"].T * scale
    return {
        "inputs": layouts.matrix(of_inputs),
        "bias": copied(bias * scale),
        "gates": layouts.gates(of_outputs),
    }


def _block_function(
    operations: Operations, frames: int, layers: int, has_head: bool
) -> Callable[..., Any]:
    linear, lstm = operations.linear, operations.lstm

    # The tensors are the states, three weights per layer, and the head's two.
    def run(x: Any, *tensors: Any) -> Any:
        rows = x.shape[0]
        last = rows - rows // frames
        if has_head:
            x = linear(x, tensors[4 * layers], tensors[4 * layers + 1])
        y, states = x, []
        for layer in range(layers):
            at = layers + 3 * layer
            made = lstm(linear(y, tensors[at], tensors[at + 1]), tensors[at + 2], tensors[layer])
            y = made[:rows]
            states.append(made[last:])
        return x + y, *states

    return run
