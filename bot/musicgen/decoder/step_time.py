"""Estimate a decoder's step time on this machine, from some of its layers with artificial weights.

A step is limited by reading its weights, and all layers are equally large. So two decoders of the
same width are timed, the second with twice the layers of the first, and both larger than the
processor's caches; the remaining layers are extrapolated from the difference. So musicgen-large
needs neither its full memory nor minutes.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.domain.generation import Precision
from bot.musicgen.checkpoint.model_config import DecoderConfig
from bot.musicgen.decoder.interface import Conditioning, Rows, sinusoids
from bot.musicgen.decoder.kernel_decoder import KernelDecoder
from bot.musicgen.decoder.kernel_weights import norms_of_layer
from bot.musicgen.kernels.packed_weights import PackedWeights
from bot.musicgen.kernels.packing import allocate, pack

_SAMPLE_WEIGHTS = 160_000_000
"""Weights of the larger timed decoder; its half exceeds the caches, too."""

_COLUMNS = 64
"""Outputs that are packed and then repeated: a whole number of panels in any precision."""

_POSITION = 250
"""The timed step: the middle of a clip of 10 s."""

_TEXT_TOKENS = 16
_MOST_STEPS, _MOST_SECONDS = 12, 0.4


def step_seconds(config: DecoderConfig, library: Path, precision: Precision) -> float:
    """Return the estimated seconds of a step of one guided request with our kernels.

    Takes a fraction of a second and at most 0.5 GB of memory. The faster steps count, which reduces
    the influence of other load on the machine.
    """
    half, layers = sampled_layers(config)
    arrays = _arrays(replace(config, layers=layers), precision)
    long = _timed(replace(config, layers=layers), arrays, library, precision)
    if layers == config.layers:
        return long
    cut = _first_layers(arrays, half)
    short = _timed(replace(config, layers=half), cut, library, precision)
    return extrapolate(config, short, long)


def sampled_layers(config: DecoderConfig) -> tuple[int, int]:
    """Return the layers of the shorter and of the longer timed decoder.

    The longer one has all layers if there are few; then it is the only one.
    """
    half = max(1, math.ceil(_SAMPLE_WEIGHTS / _layer_weights(config) / 2))
    return half, min(config.layers, 2 * half)


def extrapolate(config: DecoderConfig, short: float, long: float) -> float:
    """Return the seconds of a full step from those of the two timed decoders."""
    half, layers = sampled_layers(config)
    return long + (config.layers - layers) * max(0.0, long - short) / half


def _first_layers(arrays: dict[str, NDArray[Any]], count: int) -> dict[str, NDArray[Any]]:
    cut = {
        name: array if name.endswith((".heads", ".tokens", ".positions")) else array[:count]
        for name, array in arrays.items()
    }
    for name in ("decoder.tables.gains", "decoder.tables.biases"):
        layers = len(arrays["decoder.matrices.qkv"])
        cut[name] = arrays[name][: (len(arrays[name]) - 1) // layers * count + 1]
    return cut


def _layer_weights(config: DecoderConfig) -> int:
    width = config.hidden_size
    attentions = 2 if config.has_cross_attention else 1
    return (2 + 2 * attentions) * width * width + 2 * width * config.ffn_size


def _arrays(config: DecoderConfig, precision: Precision) -> dict[str, NDArray[Any]]:
    """Return packed weights under `KernelDecoder`'s names."""
    width, ffn, layers = config.hidden_size, config.ffn_size, config.layers
    outputs = config.codebooks * config.vocab_size
    shapes = {
        "qkv": (layers, 3 * width, width),
        "out": (layers, width, width),
        "fc1": (layers, ffn, width),
        "fc2": (layers, width, ffn),
        "heads": (1, outputs, width),
    }
    if config.has_cross_attention:
        shapes |= {
            "cross_query": (layers, width, width),
            "cross_kv": (layers, 2 * width, width),
            "cross_out": (layers, width, width),
        }
    norms = (len(norms_of_layer(config)) * layers + 1, width)
    tables = {
        "tokens": np.full((config.codebooks * (config.vocab_size + 1), width), 0.1, np.float32),
        "positions": sinusoids(config.max_positions, width),
        "gains": np.ones(norms, np.float32),
        "biases": np.zeros(norms, np.float32),
    }
    matrices = {name: _matrix(*shape, precision) for name, shape in shapes.items()}
    return {f"decoder.tables.{name}": array for name, array in tables.items()} | {
        f"decoder.matrices.{name}": array for name, array in matrices.items()
    }


def _matrix(layers: int, outputs: int, inputs: int, precision: Precision) -> NDArray[Any]:
    """Pack a few columns and repeat them to full size, in separate memory."""
    random = np.random.default_rng(inputs)
    noise = random.standard_normal((_COLUMNS, inputs), np.float32) / np.float32(math.sqrt(inputs))
    # Like Meta's weights, see packing.py.
    few = noise.astype(np.float16).astype(np.float32)
    panels = pack([lambda: few], (_COLUMNS, inputs), precision)[0]
    columns = _COLUMNS // len(panels)
    shape = (layers, math.ceil(outputs / columns), *panels.shape[1:])
    whole: NDArray[Any] = allocate(shape, panels.dtype.type)
    whole[:] = panels[0]
    return whole


def _timed(
    config: DecoderConfig, arrays: dict[str, NDArray[Any]], library: Path, precision: Precision
) -> float:
    """Return the lower quartile of several step times in seconds."""
    decoder = KernelDecoder(
        {},
        config,
        library,
        slots=2,
        positions=2 * _POSITION,
        precision=precision,
        packed=PackedWeights(arrays),
    )
    decoder.warm_up()
    text_tokens = _TEXT_TOKENS if config.has_cross_attention else 0
    if text_tokens:
        states = np.ones((text_tokens, config.hidden_size), np.float32)
        decoder.set_conditioning(0, Conditioning(text_states=states))
    rows = Rows(
        tokens=np.zeros((2, config.codebooks), np.int32),
        slots=np.arange(2, dtype=np.int32),
        positions=np.full(2, _POSITION, np.int32),
        text_lengths=np.array([text_tokens, 0], np.int32),
    )
    decoder.step(rows)
    begun = time.perf_counter()
    spans = []
    for _ in range(_MOST_STEPS):
        before = time.perf_counter()
        decoder.step(rows)
        after = time.perf_counter()
        spans.append(after - before)
        if after - begun > _MOST_SECONDS:
            break
    return float(np.quantile(spans, 0.25))
