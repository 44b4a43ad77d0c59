"""Checks of `zhiyin doctor` on the machine: model, libraries, memory, compiler, disk space."""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bot.cli.findings import Finding, Verdict
from bot.config import Config, cache_folder, data_folder
from bot.domain.generation import MAX_MIXED_PROMPTS, Precision
from bot.errors import ZhiyinError
from bot.i18n.sentence import Sentence
from bot.models.locate import inspect_model
from bot.musicgen.checkpoint.memory import memory_available, memory_needed
from bot.musicgen.device import NO_ASCEND, ON_ASCEND, ON_PROCESSOR, has_ascend, wants_ascend
from bot.musicgen.kernels.build import KernelsUnavailableError, compile_kernels, supports_int8
from bot.store.folder_lock import is_locked

_LEAST_FREE_BYTES = 2 * 2**30
_LEAST_TEMPORARY_BYTES = 256 * 2**20
_WINDOW_SECONDS = 30  # the capacity of a worker's slots, see bot/musicgen/model.py
_LIBRARIES = ("libgomp.so.1",)
"""System libraries that MindSpore needs and minimal installations lack."""


def check_model(config: Config) -> Iterator[Finding]:
    """Check the model's files without loading it."""
    try:
        contents, licence = inspect_model(config)
    except ZhiyinError as error:
        yield Finding(Verdict.BAD, error.sentence)
        return
    size = contents.stored_bytes / 2**20
    yield Finding(
        Verdict.GOOD,
        Sentence(
            "The model {name} is complete ({size:.0f} MB, {licence}).",
            name=config.model.name,
            size=size,
            licence=licence,
        ),
    )


def check_libraries(config: Config) -> Iterator[Finding]:
    """Check that the system has the libraries that MindSpore needs."""
    for name in _LIBRARIES:
        try:
            ctypes.CDLL(name)
        except OSError:
            yield Finding(
                Verdict.BAD,
                Sentence(
                    "This machine lacks {library}, which MindSpore needs: install it with your "
                    "system's package manager (`apt install libgomp1`).",
                    library=name,
                ),
            )


def check_memory(config: Config) -> Iterator[Finding]:
    """Check that the model fits into free memory."""
    try:
        contents, _ = inspect_model(config)
    except ZhiyinError:  # reported by the check of the model
        return
    needed = config.worker.count * memory_needed(
        contents.config,
        slots=config.engine.slots,
        seconds=_WINDOW_SECONDS,
        precision=_precision(config),
        words=MAX_MIXED_PROMPTS,
    )
    free = memory_available()
    if needed <= free:
        sentence = Sentence(
            "It needs about {needed:.1f} GB of memory, and {free:.1f} GB are free.",
            needed=needed / 1e9,
            free=free / 1e9,
        )
        yield Finding(Verdict.GOOD, sentence)
    elif is_locked(data_folder(config)):
        yield Finding(
            Verdict.GOOD, Sentence("The bot is running and has the memory that it needs.")
        )
    else:
        yield Finding(
            Verdict.BAD,
            Sentence(
                "The model needs about {needed:.1f} GB of memory and {free:.1f} GB are free: "
                "choose a smaller one as model.name, or fewer engine.slots ({slots}).",
                needed=needed / 1e9,
                free=free / 1e9,
                slots=config.engine.slots,
            ),
        )


def _precision(config: Config) -> Precision:
    """Return the precision that a worker will choose."""
    if wants_ascend(config.engine.device):
        return "fp32" if config.engine.precision == "fp32" else "fp16"
    try:
        kernels = compile_kernels(cache_folder() / "kernels")
    except KernelsUnavailableError:
        return "fp32"
    if config.engine.precision == "auto":
        return "int8" if supports_int8(kernels) else "fp32"
    return config.engine.precision


def check_device(config: Config, devices: Path = Path("/dev")) -> Iterator[Finding]:
    """Check that the configured device is available."""
    if not wants_ascend(config.engine.device, devices=devices):
        yield Finding(Verdict.GOOD, ON_PROCESSOR)
    elif has_ascend(devices):
        yield Finding(Verdict.GOOD, ON_ASCEND)
    else:
        yield Finding(Verdict.BAD, NO_ASCEND)


def check_kernels(config: Config) -> Iterator[Finding]:
    """Check that the decoder's kernels can be compiled, if they are used."""
    if wants_ascend(config.engine.device):
        return
    try:
        compiled = compile_kernels(cache_folder() / "kernels")
    except KernelsUnavailableError as reason:
        yield Finding(
            Verdict.WORSE,
            Sentence(
                "Music is made several times slower than it could be: {reason}", reason=reason
            ),
        )
    else:
        bytes_too = supports_int8(compiled)
        if config.engine.precision in ("int8", "int4") and not bytes_too:
            yield Finding(
                Verdict.WORSE,
                Sentence(
                    "This processor has no int8 instructions: int8 saves memory here, but no time."
                ),
            )
        fast = Sentence("The fast kernels are compiled for this processor.")
        if bytes_too:
            fast = Sentence("The fast kernels are compiled for this processor, int8 among them.")
        yield Finding(Verdict.GOOD, fast)


def check_disk(config: Config) -> Iterator[Finding]:
    """Check the disk space for clips."""
    folder = data_folder(config)
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(there, os.W_OK):
        yield Finding(
            Verdict.BAD,
            Sentence("The bot can't write to {there}: give it permission to.", there=there),
        )
        return
    free = shutil.disk_usage(there).free
    gigabytes = free / 2**30
    if free < _LEAST_FREE_BYTES:
        yield Finding(
            Verdict.BAD,
            Sentence(
                "Only {gigabytes:.1f} GB free at {folder}: clips need at least 2 GB.",
                gigabytes=gigabytes,
                folder=folder,
            ),
        )
    else:
        yield Finding(
            Verdict.GOOD,
            Sentence("{gigabytes:.1f} GB free at {folder}.", gigabytes=gigabytes, folder=folder),
        )


def check_temporary_folder(
    config: Config, least_bytes: int = _LEAST_TEMPORARY_BYTES
) -> Iterator[Finding]:
    """Check the space in the temporary folder, for uploads and archives of clips."""
    folder = Path(os.environ.get("TMPDIR") or "/tmp")  # noqa: S108 - only looked at
    try:
        is_writable = bool(tempfile.gettempdir())
    except FileNotFoundError:
        is_writable = False
    if not is_writable or not folder.is_dir() or not os.access(folder, os.W_OK):
        yield Finding(
            Verdict.BAD,
            Sentence(
                "Nothing can be written to {folder}, where temporary files are kept: make room "
                "there, or set the environment variable TMPDIR to another folder.",
                folder=folder,
            ),
        )
        return
    free = shutil.disk_usage(folder).free
    if free < least_bytes:
        yield Finding(
            Verdict.BAD,
            Sentence(
                "Only {free:.0f} MB free at {folder}, where uploads are read and clips are "
                "packed: make room, or set the environment variable TMPDIR to another folder.",
                free=free / 2**20,
                folder=folder,
            ),
        )
