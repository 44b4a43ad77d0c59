"""Estimate the speed of models on this machine, without loading or having them.

A few steps with random weights are timed per model shape, and cached for this kernel version and
processor.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from bot.atomic_file import replace_atomically
from bot.config import Config, cache_folder
from bot.domain.generation import Precision
from bot.domain.progress import Reporter
from bot.i18n.sentence import Sentence
from bot.models.opening import explain_imports
from bot.musicgen.checkpoint.memory import memory_available
from bot.musicgen.checkpoint.model_config import CodecConfig, DecoderConfig, ModelConfig
from bot.musicgen.device import PROCESSOR, use, wants_ascend
from bot.musicgen.kernels.build import (
    available_cores,
    compiled_kernels,
    set_threads,
    supports_int8,
)
from bot.musicgen.kernels.packing import fits_kernels

log = logging.getLogger(__name__)

FILE = "pace.json"
"""The file in the program's cache."""

_SAMPLE_BYTES = 1_500_000_000
"""What timing takes at most, MindSpore included."""


def real_time_factors(
    models: Iterable[ModelConfig], config: Config, report: Reporter
) -> dict[ModelConfig, float]:
    """Return how many seconds of music a second of work makes, for one clip at a time.

    Takes seconds where nothing is kept of earlier calls. What isn't known is left out: all before
    the kernels are compiled, where they can't be, or on an Ascend; what doesn't run on them; what
    would have to be timed while memory is short. Raises ResourceError where the system lacks a
    library.
    """
    library = compiled_kernels(cache_folder() / "kernels")
    if library is None or wants_ascend(config.engine.device):
        return {}
    precision = _precision(config, library)
    threads = config.engine.threads or available_cores()
    # The name of the compiled file tells the version and the processor.
    setting = f"{library.stem} {precision} {threads}"
    file = cache_folder() / FILE
    kept = _read(file).get(setting, {})
    known = dict(kept)
    found = {}
    for model in models:
        if not fits_kernels(model.decoder.head_size):
            continue
        names = [_name(model.decoder), _name(model.codec)]
        if not known.keys() >= set(names):
            if memory_available() < _SAMPLE_BYTES:
                log.info("pace.no_memory")
                continue
            if known == kept:
                report.stage(Sentence("Timing a few steps on this machine, once"))
            _measure(model, names, known, library, precision, threads)
        step, sound = (known[name] for name in names)
        rate = model.codec.frame_rate
        found[model] = 1 / (rate * step + model.decoder.audio_channels * sound)
    if known != kept:
        _write(file, {setting: known})
    return found


def _precision(config: Config, library: Path) -> Precision:
    """Return the arithmetic that a worker will choose."""
    if config.engine.precision == "auto":
        return "int8" if supports_int8(library) else "fp32"
    return config.engine.precision


def _name(shape: DecoderConfig | CodecConfig) -> str:
    """Name what is timed: all decoders of a shape are equally fast, and all codecs."""
    return hashlib.sha256(repr(shape).encode()).hexdigest()[:16]


def _measure(
    model: ModelConfig,
    names: Sequence[str],
    known: dict[str, float],
    library: Path,
    precision: Precision,
    threads: int,
) -> None:
    """Add to what is known the seconds of a step and those of a second of mono sound."""
    with explain_imports():
        from bot.musicgen.codec.sound_time import sound_seconds
        from bot.musicgen.decoder.step_time import step_seconds
        from bot.musicgen.engine.choice_time import choice_seconds

    use(PROCESSOR)
    set_threads(library, threads)
    decoder, codec = names
    if decoder not in known:
        step = step_seconds(model.decoder, library, precision)
        known[decoder] = step + choice_seconds(model.decoder)
    if codec not in known:
        known[codec] = sound_seconds(model, library, precision)


def _read(file: Path) -> dict[str, dict[str, float]]:
    """Return what is kept by setting; nothing of a file that can't be read."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, dict[str, float]])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as error:
        log.warning("pace.unreadable it is measured again: %s", error)
        return {}


def _write(file: Path, known: dict[str, dict[str, float]]) -> None:
    """Keep what is known, of this setting alone: others' are measured again in seconds."""
    try:
        with replace_atomically(file) as scratch:
            scratch.write_bytes(msgspec.json.encode(known))
    except OSError as error:
        log.warning("pace.not_written the next call measures again: %s", error)
