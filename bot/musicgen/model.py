"""A model ready to run: the text encoder, decoder and codec of one checkpoint."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from bot.domain.generation import MAX_MIXED_PROMPTS, Precision, Sampling
from bot.musicgen.arithmetic import choose_precision, kernels_for
from bot.musicgen.checkpoint import packed_cache
from bot.musicgen.checkpoint.hub import resolve
from bot.musicgen.checkpoint.inspection import inspect
from bot.musicgen.checkpoint.load import Checkpoint, load, model_name
from bot.musicgen.checkpoint.memory import check_memory, memory_needed, sequence_slots
from bot.musicgen.checkpoint.model_config import ModelConfig
from bot.musicgen.checkpoint.tokenizer import StoredTokenizer, stored_tokenizer
from bot.musicgen.codec.codec import Codec
from bot.musicgen.conditioning.melody import MelodyEncoder
from bot.musicgen.conditioning.text_encoder import MAX_TOKENS, TextEncoder
from bot.musicgen.decoder.builtin_decoder import BuiltinDecoder
from bot.musicgen.decoder.interface import Decoder
from bot.musicgen.decoder.kernel_decoder import KernelDecoder
from bot.musicgen.decoder.prefix import read_prefix
from bot.musicgen.device import PROCESSOR, Device, use
from bot.musicgen.kernels.build import available_cores
from bot.musicgen.kernels.packed_weights import PackedWeights
from bot.musicgen.kernels.packing import fits_kernels

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
    device: str = "CPU"
    """What it is computed on, as MindSpore names it."""
    melody: MelodyEncoder | None = None
    """What encodes a melody; None for a model that takes none."""
    most_words: int = 0
    """How many prompts can be mixed while words change: so many slots are kept for them."""

    @property
    def channels(self) -> int:
        """Return the channels of its sound, 1 or 2."""
        return self.config.decoder.audio_channels

    @property
    def sample_rate_hz(self) -> int:
        """Return the rate of its sound."""
        return self.config.codec.sample_rate_hz

    @property
    def request_slots(self) -> int:
        """Return how many of the decoder's slots are for requests."""
        return self.decoder.slots - (self.melody is not None)

    @property
    def null_slot(self) -> int:
        """Return the slot that holds the prefix of no conditioning, where a melody is taken."""
        return self.decoder.slots - 1

    @property
    def window_frames(self) -> int:
        """Return how many frames the decoder can see at once."""
        return _window_frames(self.config)

    def warm_up(self, prompts: Collection[str] | None = None) -> float:
        """Compile what every request needs, so that none waits for it; return the seconds.

        If the prompts of all requests are known, only these are encoded.
        """
        begun = time.perf_counter()
        if prompts is None:
            self.text.warm_up()
        else:
            for prompt in prompts:
                self.text.encode(prompt)
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
    device: Device = PROCESSOR,
    precision: str = "fp32",
    most_words: int = MAX_MIXED_PROMPTS,
) -> Model:
    """Load a checkpoint and pack it for up to `requests` guided requests at once.

    Compiled kernels and packed weights are cached under `cache`: only the first start loads the
    checkpoint through MindNLP. Without a compiler, or on a `device` without our kernels,
    MindSpore's own operations are used and nothing is packed. `most_words` is how many prompts can
    be mixed while words change, 0 where none will. `threads` is all cores by default; `auto`
    precision is int8 where the processor has instructions for it, and fp16 on a device. Raises
    CheckpointError and ResourceError.
    """
    begun = time.perf_counter()
    use(device)
    compiled = kernels_for(device, cache, threads or available_cores())
    numbers = choose_precision(precision, compiled, device)
    checkpoint, packed, file = _load(
        folder,
        slots=requests,
        words=most_words,
        precision=numbers,
        hub=hub,
        cache=cache,
        compiled=compiled,
    )
    loaded = time.perf_counter()
    projection, melody_config = checkpoint.projection, checkpoint.config.melody
    slots = sequence_slots(requests, most_words, takes_melody=melody_config is not None)
    text = TextEncoder(
        checkpoint.text,
        checkpoint.config.text,
        checkpoint.tokenizer,
        (projection["weight"], projection["bias"]) if projection else None,
        library=compiled,
        precision=numbers,
        packed=packed,
        max_tokens=MAX_TOKENS if melody_config is None else melody_config.text_tokens,
    )
    codec = Codec(
        checkpoint.codec,
        checkpoint.config.codec,
        library=compiled,
        precision=numbers,
        packed=packed,
    )
    decoder = _decoder(checkpoint, compiled, slots, numbers, packed, fixed=not device.own_kernels)
    melody = None
    if melody_config is not None:
        melody = MelodyEncoder(checkpoint.melody_projection, melody_config, packed)
        read_prefix(decoder, melody.null_prefix(), slots - 1, checkpoint.config.decoder.codebooks)
    if file is not None:
        tokenizer = stored_tokenizer(checkpoint.tokenizer)
        if tokenizer is not None:
            packed_cache.write(file, packed, tokenizer)
    return Model(
        name=checkpoint.name,
        config=checkpoint.config,
        sampling=checkpoint.sampling,
        text=text,
        decoder=decoder,
        codec=codec,
        load_seconds=loaded - begun,
        pack_seconds=time.perf_counter() - loaded,
        device=device.target,
        melody=melody,
        most_words=most_words,
    )


def _load(
    folder: str | Path,
    *,
    slots: int,
    words: int,
    precision: Precision,
    hub: str | None,
    cache: Path,
    compiled: Path | None,
) -> tuple[Checkpoint, PackedWeights, Path | None]:
    """Return a checkpoint, its packed weights, and the file that these are still to be kept in.

    A checkpoint whose weights were packed at an earlier start has none itself.
    """
    contents = inspect(resolve(folder))
    file = None
    if compiled is not None and fits_kernels(contents.config.decoder.head_size):
        file = packed_cache.locate(cache, contents, precision, compiled)
        room = memory_needed(
            contents.config, slots=slots, seconds=WINDOW_SECONDS, precision=precision, words=words
        )
        check_memory(room)
        stored = packed_cache.read(file)
        if stored is not None:
            checkpoint = Checkpoint(
                name=model_name(folder),
                config=contents.config,
                sampling=contents.sampling,
                tokenizer=StoredTokenizer(stored.tokenizer),
                decoder={},
                text={},
                codec={},
                projection={},
                melody_projection={},
            )
            return checkpoint, PackedWeights(stored.arrays), None
    checkpoint = load(folder, slots=slots, precision=precision, words=words, hub=hub)
    return checkpoint, PackedWeights(), file


def _window_frames(config: ModelConfig) -> int:
    trained = WINDOW_SECONDS * config.codec.frame_rate
    taken = config.decoder.codebooks + config.prefix_positions
    return min(trained, config.decoder.max_positions - taken)


def _decoder(
    checkpoint: Checkpoint,
    compiled: Path | None,
    slots: int,
    precision: Precision,
    packed: PackedWeights,
    *,
    fixed: bool,
) -> Decoder:
    config = checkpoint.config.decoder
    delay, prefix = config.codebooks, checkpoint.config.prefix_positions
    positions = _window_frames(checkpoint.config) + delay + prefix
    if compiled is None or not fits_kernels(config.head_size):
        return BuiltinDecoder(
            checkpoint.decoder,
            config,
            slots=slots,
            positions=positions,
            precision=precision if compiled is None else "fp32",
            fixed=fixed,
        )
    return KernelDecoder(
        checkpoint.decoder,
        config,
        compiled,
        slots=slots,
        positions=positions,
        precision=precision,
        packed=packed,
    )
