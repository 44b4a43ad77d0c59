"""Build the block decoder of EnCodec: kernels or graphs, exact or rounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bot.domain.generation import Precision
from bot.musicgen.checkpoint.model_config import CodecConfig
from bot.musicgen.codec.blocks import Array, Blocks, GraphBlocks, KernelBlocks
from bot.musicgen.codec.chains import upsampling
from bot.musicgen.codec.layers import ConvolutionChain, Layer, Tensors
from bot.musicgen.codec.lstm import ResidualLstm, linear_weights, lstm_weights
from bot.musicgen.kernels import codec_layouts
from bot.musicgen.kernels.build import supports_pairs
from bot.musicgen.kernels.operations import builtin_operations, kernel_operations
from bot.musicgen.kernels.packed_weights import PackedWeights

LEAST_LIKENESS_DB = 35
"""Minimum signal-to-noise ratio of rounding; EnCodec's own error is as loud as the sound."""


_HEAD, _LSTM = "decoder.layers.0.conv", "decoder.layers.1.lstm"


def make_blocks(
    weights: Mapping[str, Array],
    config: CodecConfig,
    library: Path | None,
    *,
    frames: int,
    packed: PackedWeights,
    precision: Precision,
    example: Array,
) -> Blocks:
    """Return a decoder of blocks of `frames` frames, on the kernels in `library` if supported.

    In less than fp32 the weights are rounded as far as the sound of `example`, whole blocks [1,
    frames, inputs], stays the same: to bfloat16, along with the inputs, if the processor has
    bfloat16 products; to half precision; or not at all.
    """
    rounded = precision != "fp32"

    def parts(
        layouts: codec_layouts.Layouts, packed: PackedWeights
    ) -> tuple[Tensors, Tensors, list[Layer]]:
        recurrent = lstm_weights(weights, _LSTM, layouts, packed, config.lstm_layers)
        head = linear_weights(weights, _HEAD, layouts, packed)
        return head, recurrent, upsampling(weights, config, layouts, frames, packed)

    # The kernel does not support convolutional shortcuts, and MusicGen's codec has none.
    if library is not None and not config.conv_shortcut:

        def make(layouts: codec_layouts.Layouts, packed: PackedWeights) -> KernelBlocks:
            head, recurrent, layers = parts(layouts, packed)
            return KernelBlocks(library, (*head, *recurrent), layers)

        exact = codec_layouts.panels(rounded=False)
        if not rounded:
            return make(exact, packed)
        half = codec_layouts.panels(rounded=True)
        if packed.is_stored:
            number = packed.arrays[f"codec.{_HEAD}.matrix"].dtype
            known = {"uint16": codec_layouts.pairs(), "float16": half, "float32": exact}
            return make(known[number.name], packed)
        candidates = [half, exact]
        if supports_pairs(library) and _is_even(config):
            candidates.insert(0, codec_layouts.pairs())
        return make(_first_alike(candidates, lambda x: make(x, PackedWeights()), example), packed)
    operations = kernel_operations(library, rounded=rounded) if library else builtin_operations()
    layouts = operations.layouts
    head, recurrent, layers = parts(replace(layouts, column=layouts.matrix), packed)
    recurrence = ResidualLstm(
        (*recurrent, *head),
        operations,
        layers=config.lstm_layers,
        width=layers[0].width,
        frames=frames,
    )
    return GraphBlocks(recurrence, ConvolutionChain(layers, operations))


def _first_alike(
    candidates: Sequence[codec_layouts.Layouts],
    make: Callable[[codec_layouts.Layouts], KernelBlocks],
    example: Array,
) -> codec_layouts.Layouts:
    """Return the first layouts with the sound of the last ones, which are exact."""
    exact = make(candidates[-1]).sound(example)
    for layouts in candidates[:-1]:
        difference = np.square(make(layouts).sound(example) - exact).mean()
        if np.square(exact).mean() >= difference * 10 ** (LEAST_LIKENESS_DB / 10):
            return layouts
    return candidates[-1]


def _is_even(config: CodecConfig) -> bool:
    """Return whether every product in the decoder has an even number of inputs per tap."""
    widths = [config.filters << stage for stage in range(len(config.ratios) + 1)]
    inner = [width // config.compress for width in widths[:-1]]
    return all(number % 2 == 0 for number in (config.hidden_size, *widths, *inner))
