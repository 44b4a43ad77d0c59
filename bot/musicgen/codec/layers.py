"""EnCodec's convolutions between frames and samples, as one compiled graph for a block of rows.

Source: arXiv 2210.13438 (EnCodec), whose SEANet layers these are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mindspore as ms
import numpy as np
from mindspore import ops
from numpy.typing import NDArray

from bot.musicgen.codec.windows import ChainSteps, Step
from bot.musicgen.kernels.operations import Operations, centre, tensor

Array = NDArray[np.float32]
Tensors = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A residual unit, or a convolution that changes the rate: its step, and weights as tensors.

    `width` is that of its inputs. The weights are matrix and bias of each convolution in turn,
    the last that of the shortcut if there is one.
    """

    step: Step
    residual: bool
    width: int
    weights: Tensors


class ConvolutionChain:
    """Layers in order in one graph, with a linear layer before them if there is a head."""

    def __init__(
        self,
        layers: list[Layer],
        operations: Operations,
        *,
        head: Tensors = (),
    ) -> None:
        self._steps = ChainSteps([layer.step for layer in layers])
        self._widths = [layer.width for layer in layers]
        weights = [weight for layer in layers for weight in layer.weights]
        self._fixed = (*head, *weights)
        plan = tuple((x.residual, len(x.weights), x.step.rows_out) for x in layers)
        self._run = ms.jit(_block_function(operations, plan, bool(head)))
        self._usual = _tensors(self._steps.usual)

    @property
    def block_rows(self) -> int:
        """Return the number of rows per block."""
        return self._steps.steps[0].rows

    @property
    def lag(self) -> int:
        """Return the number of first output rows that lie before the clip."""
        return self._steps.lag

    def length_out(self, length: int) -> int:
        """Return the number of output rows for a clip of `length` rows."""
        return self._steps.length_out(length)

    def start(self) -> Tensors:
        """Return the state before the first block."""
        return tuple(
            tensor(np.zeros((1 + step.kept, width), np.float32))
            for step, width in zip(self._steps.steps, self._widths, strict=True)
        )

    def indices(self, block: int, length: int | None) -> Tensors:
        """Return a block's indices for `run`; `length` is the clip's in rows, None if unknown."""
        if self._steps.inside(block, length):
            return self._usual
        return _tensors(self._steps.indices(block, length))

    def run(self, rows: Array, state: Tensors, indices: Tensors) -> tuple[Array, Tensors]:
        """Return the outputs of a block [rows, channels], and the new state."""
        x = ms.Tensor.from_numpy(np.ascontiguousarray(rows))
        made, *new_state = self._run(x, *state, *indices, *self._fixed)
        result: Array = made.asnumpy()
        return result, tuple(new_state)


def _tensors(indices: Sequence[NDArray[np.int32]]) -> Tensors:
    return tuple(tensor(index) for index in indices)


def _block_function(
    operations: Operations, plan: tuple[tuple[bool, int, int], ...], has_head: bool
) -> Callable[..., Any]:
    linear, convolve, residual_unit = operations.linear, operations.convolve, operations.residual
    elu = ops.Elu()
    count = len(plan)

    # Tensors inside a tuple are treated as constants and compiled again at each call, so all are
    # separate arguments: the states, the indices, then the weights.
    def run(x: Any, *tensors: Any) -> Any:
        made = []
        at = 2 * count
        if has_head:
            x = linear(x, tensors[at], tensors[at + 1])
            at = at + 2
        for i in range(count):
            residual, weights, rows = plan[i]
            kept, index = tensors[i], tensors[count + i]
            w, b = tensors[at], tensors[at + 1]
            if not residual:
                x, keep = convolve(kept, x, index, w, b)
                x = ops.reshape(x, (rows, -1))
            elif weights == len("WbWb"):
                x, keep = residual_unit(kept, x, index, w, b, tensors[at + 2], tensors[at + 3])
            else:
                inner, keep = convolve(kept, x, index, w, b)
                x = linear(centre(kept, x), tensors[at + 4], tensors[at + 5])
                x = x + linear(elu(inner), tensors[at + 2], tensors[at + 3])
            made.append(keep)
            at = at + weights
        return x, *made

    return run
