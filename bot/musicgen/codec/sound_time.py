"""Measure EnCodec's decoding time per second of sound, with artificial weights."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import numpy as np

from bot.domain.generation import Precision
from bot.musicgen.checkpoint.model_config import ModelConfig
from bot.musicgen.checkpoint.tensor_names import tensor_sizes
from bot.musicgen.codec.codec import Codec, Decoder

_PREFIX = "audio_encoder."
_BLOCKS = 5
_WEIGHT = 2.0**-7  # exact in any precision


def sound_seconds(config: ModelConfig, library: Path, precision: Precision) -> float:
    """Return the seconds to decode one second of one channel, on our kernels.

    Takes about two seconds, since the codec's weights are packed.
    """
    weights = {
        # Loading a checkpoint folds the weight norm in.
        name.removeprefix(_PREFIX).replace("weight_v", "weight"): np.full(size, _WEIGHT, np.float32)
        for name, size in tensor_sizes(config).items()
        if name.startswith(_PREFIX)
    }
    codec = Codec(weights, config.codec, library=library, precision=precision)
    decoder = Decoder(codec)
    codes = np.zeros((1, config.codec.quantizers, codec.block_frames), np.int32)
    # The first block touches all memory, so it is not timed.
    decoder.push(codes)
    spans = []
    for _ in range(_BLOCKS):
        begun = time.perf_counter()
        decoder.push(codes)
        spans.append(time.perf_counter() - begun)
    return statistics.median(spans) * config.codec.frame_rate / codec.block_frames
