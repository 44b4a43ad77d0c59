"""EnCodec's convolutions between frames and samples, as one compiled graph for a block of rows.

A transposed convolution whose kernel is a whole number of strides is computed as a plain one whose
output rows hold a stride's outputs side by side; reshaping the rows then changes the rate.

Source: arXiv 2210.13438 (EnCodec), whose SEANet layers these are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import mindspore as ms
import numpy as np
from mindspore import ops
from numpy.typing import NDArray

from bot.musicgen.checkpoint.model_config import CodecConfig
from bot.musicgen.codec.windows import Step, Window
from bot.musicgen.kernels.operations import Operations, centre, copied, tensor
from bot.musicgen.kernels.packed_weights import PackedWeights

Array = NDArray[np.float32]
Tensors = tuple[Any, ...]

_FAR = 1000
"""The number of a block that certainly lies inside a clip of unknown length."""


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
    """Layers in order in one graph, with a linear layer before them (head) or after (tail)."""

    def __init__(
        self,
        layers: list[Layer],
        operations: Operations,
        *,
        head: Tensors = (),
        tail: Tensors = (),
    ) -> None:
        self._steps = [layer.step for layer in layers]
        self._widths = [layer.width for layer in layers]
        weights = [weight for layer in layers for weight in layer.weights]
        self._fixed = (*head, *weights, *tail)
        plan = tuple((x.residual, len(x.weights), x.step.rows_out) for x in layers)
        self._run = ms.jit(_block_function(operations, plan, bool(head), bool(tail)))
        self._usual = self._index_tensors(_FAR, None)

    @property
    def block_rows(self) -> int:
        """Return the rows that a block takes."""
        return self._steps[0].rows

    @property
    def lag(self) -> int:
        """Return how many of the first output rows lie before the clip."""
        return self._steps[-1].lag_out

    def length_out(self, length: int) -> int:
        """Return how many rows a clip of so many rows gives."""
        for step in self._steps:
            length = step.length_out(length)
        return length

    def start(self) -> Tensors:
        """Return the state before the first block."""
        return tuple(
            tensor(np.zeros((1 + step.kept, width), np.float32))
            for step, width in zip(self._steps, self._widths, strict=True)
        )

    def indices(self, block: int, length: int | None) -> Tensors:
        """Return the indices for `run` of a block in a clip of `length` rows, None if unknown."""
        pairs = zip(self._steps, self._lengths(length), strict=True)
        if all(step.inside(block, known) for step, known in pairs):
            return self._usual
        return self._index_tensors(block, length)

    def run(self, rows: Array, state: Tensors, indices: Tensors) -> tuple[Array, Tensors]:
        """Return the outputs of a block [rows, channels], and the new state."""
        x = ms.Tensor.from_numpy(np.ascontiguousarray(rows))
        made, *new_state = self._run(x, *state, *indices, *self._fixed)
        result: Array = made.asnumpy()
        return result, tuple(new_state)

    def _lengths(self, length: int | None) -> list[int | None]:
        lengths: list[int | None] = []
        for step in self._steps:
            lengths.append(length)
            length = None if length is None else step.length_out(length)
        return lengths

    def _index_tensors(self, block: int, length: int | None) -> Tensors:
        pairs = zip(self._steps, self._lengths(length), strict=True)
        return tuple(ms.Tensor.from_numpy(step.index(block, known)) for step, known in pairs)


def upsampling(
    weights: Mapping[str, Array],
    config: CodecConfig,
    operations: Operations,
    frames: int,
    packed: PackedWeights,
) -> ConvolutionChain:
    """Return the decoder's layers from the LSTM to the last convolution, for blocks of frames.

    The outputs are not samples yet, but each row's product with each tap of the last convolution.
    """
    build = _Builder(weights, config, operations, packed, "decoder.layers", frames)
    build.width = config.filters << len(config.ratios)
    build.index = 1
    for ratio in config.ratios:
        build.add_transposed(ratio)
        build.add_residual_units()
    last = f"decoder.layers.{build.index + 2}.conv.weight"
    tail = packed.array("codec.decoder.end", lambda: copied(weights[last][0]))
    return ConvolutionChain(build.layers, operations, tail=(tensor(tail),))


def downsampling(
    weights: Mapping[str, Array],
    config: CodecConfig,
    operations: Operations,
    frames: int,
    packed: PackedWeights,
) -> ConvolutionChain:
    """Return the encoder's layers up to the LSTM, for blocks of so many frames.

    The inputs are not samples, but the windows of the first convolution, [rows, kernel].
    """
    build = _Builder(weights, config, operations, packed, "encoder.layers", frames * config.hop)
    head = build.weights("0")
    for ratio in reversed(config.ratios):
        build.add_residual_units()
        build.add_strided(ratio)
    return ConvolutionChain(build.layers, operations, head=head)


class _Builder:
    """Builds layers from a state dict in order, keeping count of names, rows and widths."""

    def __init__(
        self,
        weights: Mapping[str, Array],
        config: CodecConfig,
        operations: Operations,
        packed: PackedWeights,
        prefix: str,
        rows: int,
    ) -> None:
        self.layers: list[Layer] = []
        self.index = 0
        self.width = config.filters
        self._weights, self._config, self._operations = weights, config, operations
        self._prefix, self._packed = prefix, packed
        self._rows, self._lag = rows, 0

    def weights(self, name: str) -> Tensors:
        """Return a convolution's matrix and bias as tensors."""
        return self._tensors(name, self._matrix)

    def _matrix(self, kernel: Array, bias: Array) -> tuple[Array, Array]:
        return kernel.transpose(2, 1, 0).reshape(-1, len(kernel)), bias

    def add_residual_units(self) -> None:
        """Add a stage's residual units."""
        config = self._config
        for unit in range(config.residual_layers):
            self.index += 1
            dilation = config.dilation_growth**unit
            window = Window.convolution(config.residual_kernel_size, dilation=dilation)
            parts = ("block.1", "block.3", "shortcut")[: 3 if config.conv_shortcut else 2]
            weights = [x for part in parts for x in self.weights(f"{self.index}.{part}")]
            self._add(Step(window=window, rows=self._rows, lag=self._lag), *weights, residual=True)

    def add_strided(self, ratio: int) -> None:
        """Add a convolution of stride `ratio` that doubles the width."""
        self.index += 2
        window = Window.convolution(2 * ratio, stride=ratio)
        step = Step(window=window, rows=self._rows, lag=self._lag)
        self._add(step, *self.weights(str(self.index)))
        self.width *= 2

    def add_transposed(self, ratio: int) -> None:
        """Add a transposed convolution of stride `ratio` that halves the width."""
        self.index += 2
        width = self.width

        def matrix(kernel: Array, bias: Array) -> tuple[Array, Array]:
            # [in, out, 2 * ratio]: the older row in the window takes the kernel's second half.
            halves = kernel.reshape(width, -1, 2, ratio)[:, :, ::-1]
            return halves.transpose(2, 0, 3, 1).reshape(2 * width, -1), np.tile(bias, ratio)

        step = Step(
            window=Window.transposed(2),
            rows=self._rows,
            lag=self._lag,
            ratio=ratio,
            trim=ratio - ratio // 2,
        )
        self._add(step, *self._tensors(str(self.index), matrix))
        self.width //= 2

    def _tensors(self, name: str, matrix: Callable[[Array, Array], tuple[Array, Array]]) -> Tensors:
        """Return a convolution as tensors; `matrix` lays out its kernel and bias."""
        path = f"{self._prefix}.{name}.conv"

        def pack() -> Mapping[str, NDArray[Any]]:
            made, bias = matrix(self._weights[f"{path}.weight"], self._weights[f"{path}.bias"])
            return {"matrix": self._operations.matrix(made), "bias": copied(bias)}

        packed = self._packed.group(f"codec.{self._prefix}.{name}", pack)
        return tensor(packed["matrix"]), tensor(packed["bias"])

    def _add(self, step: Step, *weights: Any, residual: bool = False) -> None:
        self.layers.append(Layer(step=step, residual=residual, width=self.width, weights=weights))
        self._rows, self._lag = step.rows_out, step.lag_out


def _block_function(
    operations: Operations, plan: tuple[tuple[bool, int, int], ...], has_head: bool, has_tail: bool
) -> Callable[..., Any]:
    linear, convolve, residual_unit = operations.linear, operations.convolve, operations.residual
    elu, matmul = ops.Elu(), ops.MatMul()
    count = len(plan)

    # Tensors inside a tuple would be taken for constants and compiled again at each call, so all
    # are arguments of their own: the states, the indices, then the weights.
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
        if has_tail:
            x = matmul(elu(x), tensors[at])
        return x, *made

    return run
