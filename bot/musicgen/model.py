"""A model ready to run: the text encoder, decoder and codec of one checkpoint."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from bot.domain.generation import Precision, Sampling
from bot.musicgen.checkpoint.load import Checkpoint, load
from bot.musicgen.checkpoint.model_config import ModelConfig
from bot.musicgen.codec.codec import Codec
from bot.musicgen.conditioning.text_encoder import TextEncoder
from bot.musicgen.decoder.builtin_decoder import BuiltinDecoder
from bot.musicgen.decoder.interface import Decoder
from bot.musicgen.decoder.kernel_decoder import KernelDecoder
from bot.musicgen.kernels.build import (
    KernelsUnavailableError,
    available_cores,
    compile_kernels,
    set_threads,
    supports_int8,
)
from bot.musicgen.kernels.packing import PANEL

log = logging.getLogger(__name__)

WINDOW_SECONDS = 30
"""The longest clip that MusicGen was trained on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One checkpoint, loaded and packed for this machine."""

    name: str
    config: ModelConfig
    sampling: Sampling
    text: TextEncoder
    decoder: Decoder
    codec: Codec
    load_seconds: float
    pack_seconds: float

    @property
    def channels(self) -> int:
        """Return the channels of its sound, 1 or 2."""
        return self.config.decoder.audio_channels

    @property
    def sample_rate_hz(self) -> int:
        """Return the rate of its sound."""
        return self.config.codec.sample_rate_hz

    @property
    def window_frames(self) -> int:
        """Return how many frames the decoder can see at once."""
        return _window_frames(self.config)

    def warm_up(self) -> float:
        """Compile what every request needs, so that none waits for it; return the seconds."""
        begun = time.perf_counter()
        self.text.warm_up()
        self.codec.warm_up(self.channels)
        self.decoder.warm_up()
        return time.perf_counter() - begun


def load_model(
    folder: str | Path,
    *,
    requests: int = 1,
    cache: Path,
    threads: int | None = None,
    hub: str | None = None,
    kernels: bool = True,
    precision: str = "fp32",
) -> Model:
    """Load a checkpoint and pack it for up to `requests` guided requests at once.

    Compiled kernels are cached under `cache`; without a compiler, or with `kernels` off,
    MindSpore's own operations are used, in fp32. `threads` is all cores by default; `auto`
    precision is int8 where the processor has instructions for it. Raises CheckpointError and
    ResourceError.
    """
    begun = time.perf_counter()
    slots = 2 * requests  # guidance takes two
    compiled = _compile_kernels(cache, threads or available_cores()) if kernels else None
    numbers = _precision(precision, compiled)
    checkpoint = load(folder, slots=requests, precision=numbers, hub=hub)
    loaded = time.perf_counter()
    projection = checkpoint.projection
    text = TextEncoder(
        checkpoint.text,
        checkpoint.config.text,
        checkpoint.tokenizer,
        (projection["weight"], projection["bias"]) if projection else None,
        library=compiled,
        precision=numbers,
    )
    codec = Codec(checkpoint.codec, checkpoint.config.codec, library=compiled, precision=numbers)
    decoder = _decoder(checkpoint, compiled, slots, numbers)
    return Model(
        name=checkpoint.name,
        config=checkpoint.config,
        sampling=checkpoint.sampling,
        text=text,
        decoder=decoder,
        codec=codec,
        load_seconds=loaded - begun,
        pack_seconds=time.perf_counter() - loaded,
    )


def _window_frames(config: ModelConfig) -> int:
    trained = WINDOW_SECONDS * config.codec.frame_rate
    return min(trained, config.decoder.max_positions - config.decoder.codebooks)


def _compile_kernels(cache: Path, threads: int) -> Path | None:
    """Return the compiled kernels, or None where they can't be compiled."""
    try:
        compiled = compile_kernels(cache / "kernels")
    except KernelsUnavailableError as reason:
        log.warning("model.no_kernels several times slower: %s", reason)
        return None
    set_threads(compiled, threads)
    return compiled


def _precision(asked: str, compiled: Path | None) -> Precision:
    if compiled is None:
        if asked not in ("auto", "fp32"):
            log.warning("model.no_precision using fp32: %s needs the kernels", asked)
        return "fp32"
    if asked == "auto":
        return "int8" if supports_int8(compiled) else "fp32"
    return next(known for known in get_args(Precision) if known == asked)


def _decoder(
    checkpoint: Checkpoint, compiled: Path | None, slots: int, precision: Precision
) -> Decoder:
    config = checkpoint.config.decoder
    positions = _window_frames(checkpoint.config) + config.codebooks  # room for the delay
    if compiled is None or config.head_size % PANEL:
        return BuiltinDecoder(checkpoint.decoder, config, slots=slots, positions=positions)
    return KernelDecoder(
        checkpoint.decoder,
        config,
        compiled,
        slots=slots,
        positions=positions,
        precision=precision,
    )
