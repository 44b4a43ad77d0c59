"""EnCodec's LSTM with its residual connection, as one compiled graph for a block of frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mindspore as ms
import numpy as np
from numpy.typing import NDArray

from bot.musicgen.kernels.operations import Operations, copied, tensor
from bot.musicgen.kernels.packed_weights import PackedWeights

Array = NDArray[np.float32]
State = tuple[Any, ...]
"""Outputs and cells of each layer, [2 * channels, width]."""


class ResidualLstm:
    """An LSTM with its residual connection, for blocks of so many frames.

    `name` is where a state dict has it, and what it is packed as. `head` returns the matrix
    [in, width] and bias of a linear layer before it.
    """

    def __init__(
        self,
        weights: Mapping[str, Array],
        name: str,
        operations: Operations,
        *,
        layers: int,
        width: int,
        frames: int,
        packed: PackedWeights,
        head: Callable[[], tuple[Array, Array]] | None = None,
    ) -> None:
        self._layers = layers
        self._width = width
        parts = [
            packed.group(
                f"codec.{name}.{layer}",
                lambda layer=layer: _layer(weights, name, operations, layer),  # type: ignore[misc]
            )
            for layer in range(layers)
        ]
        fixed = [part[each] for part in parts for each in ("inputs", "bias", "gates")]
        if head is not None:
            made = packed.group(f"codec.{name}.head", lambda: _head(head, operations))
            fixed += [made["matrix"], made["bias"]]
        self._fixed = tuple(map(tensor, fixed))
        self._run = ms.jit(_block_function(operations, frames, layers, head is not None))

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


def _layer(
    weights: Mapping[str, Array], name: str, operations: Operations, layer: int
) -> Mapping[str, NDArray[Any]]:
    bias = weights[f"{name}.bias_ih_l{layer}"] + weights[f"{name}.bias_hh_l{layer}"]
    scale = np.repeat(np.array([1, 1, 2, 1], np.float32), len(bias) // 4)
    of_inputs = weights[f"{name}.weight_ih_l{layer}"].T * scale
    of_outputs = weights[f"{name}.weight_hh_l{layer}"].T * scale
    return {
        "inputs": operations.matrix(of_inputs),
        "bias": copied(bias * scale),
        "gates": operations.gates(of_outputs),
    }


def _head(
    head: Callable[[], tuple[Array, Array]], operations: Operations
) -> Mapping[str, NDArray[Any]]:
    matrix, bias = head()
    return {"matrix": operations.matrix(matrix), "bias": copied(bias)}


def _block_function(
    operations: Operations, frames: int, layers: int, has_head: bool
) -> Callable[..., Any]:
    linear, lstm = operations.linear, operations.lstm

    # The tensors are the states, three weights for each layer, and the head's two.
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
