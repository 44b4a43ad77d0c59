"""EnCodec's chains of convolutions, built from its weights: to samples, and from samples.

A transposed convolution whose kernel is a whole number of strides is computed as a plain one whose
output rows hold a stride's outputs side by side; reshaping the rows then changes the rate.

Source: arXiv 2210.13438 (EnCodec), whose SEANet layers these are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.musicgen.checkpoint.model_config import CodecConfig
from bot.musicgen.codec.layers import Array, ConvolutionChain, Layer, Tensors
from bot.musicgen.codec.windows import Step, Window
from bot.musicgen.kernels.codec_layouts import Layout, Layouts, copied
from bot.musicgen.kernels.operations import Operations, tensor
from bot.musicgen.kernels.packed_weights import PackedWeights


def upsampling(
    weights: Mapping[str, Array],
    config: CodecConfig,
    layouts: Layouts,
    frames: int,
    packed: PackedWeights,
) -> list[Layer]:
    """Return the decoder's layers from LSTM to samples, for blocks of `frames` frames."""
    build = _Builder(weights, config, layouts, packed, "decoder.layers", frames)
    build.width = config.filters << len(config.ratios)
    build.index = 1
    for ratio in config.ratios:
        build.add_transposed(ratio)
        build.add_residual_units()
    build.add_end()
    return build.layers


def downsampling(
    weights: Mapping[str, Array],
    config: CodecConfig,
    operations: Operations,
    frames: int,
    packed: PackedWeights,
) -> ConvolutionChain:
    """Return the encoder's layers up to the LSTM, for blocks of `frames` frames.

    The inputs are not samples, but the windows of the first convolution, [rows, kernel].
    """
    layouts = operations.layouts
    build = _Builder(weights, config, layouts, packed, "encoder.layers", frames * config.hop)
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
        layouts: Layouts,
        packed: PackedWeights,
        prefix: str,
        rows: int,
    ) -> None:
        self.layers: list[Layer] = []
        self.index = 0
        self.width = config.filters
        self._weights, self._config, self._layouts = weights, config, layouts
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

    def add_end(self) -> None:
        """Add the last convolution, to samples."""
        self.index += 2
        window = Window.convolution(self._config.last_kernel_size)
        step = Step(window=window, rows=self._rows, lag=self._lag)
        layout = self._layouts.column
        self._add(step, *self._tensors(str(self.index), self._matrix, layout=layout))

    def _tensors(
        self,
        name: str,
        matrix: Callable[[Array, Array], tuple[Array, Array]],
        *,
        layout: Layout | None = None,
    ) -> Tensors:
        """Return a convolution as tensors; `matrix` makes one of its kernel and bias."""
        layout = layout or self._layouts.matrix
        path = f"{self._prefix}.{name}.conv"

        def pack() -> Mapping[str, NDArray[Any]]:
            made, bias = matrix(self._weights[f"{path}.weight"], self._weights[f"{path}.bias"])
            return {"matrix": layout(made), "bias": copied(bias)}

        packed = self._packed.group(f"codec.{self._prefix}.{name}", pack)
        return tensor(packed["matrix"]), tensor(packed["bias"])

    def _add(self, step: Step, *weights: Any, residual: bool = False) -> None:
        self.layers.append(Layer(step=step, residual=residual, width=self.width, weights=weights))
        self._rows, self._lag = step.rows_out, step.lag_out
