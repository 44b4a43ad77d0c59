"""A cache of packed weights, so that later starts need neither MindNLP nor transformers.

A file is specific to a checkpoint's contents, a precision, a kernel version and a processor. A
faulty cache only costs time.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bot.musicgen
from bot.atomic_file import SCRATCH
from bot.domain.generation import Precision
from bot.musicgen.checkpoint import packed_file
from bot.musicgen.checkpoint.inspection import Contents
from bot.musicgen.checkpoint.packed_file import DamagedFileError, PackedFile
from bot.musicgen.kernels.packed_weights import PackedWeights

log = logging.getLogger(__name__)

FOLDER = "packed"
"""The folder inside the program's cache."""

UNUSED_SECONDS = 30 * 24 * 3600.0
"""Files not read by any start for this long are deleted when another is written."""

_SCRATCH_SECONDS = 3600.0
_FREE_BYTES = 1 << 30
_HASHED_WHOLE_BYTES = 64 << 20
_SAMPLE_BYTES = 1 << 16
_SAMPLES = 64
_SUFFIX = ".safetensors"
_OTHER_FILES = ("config.json", "generation_config.json", "tokenizer.json", "spiece.model")


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedModel:
    """A file of the cache and its size."""

    path: Path
    size_bytes: int


def locate(cache: Path, contents: Contents, precision: Precision, kernels: Path) -> Path:
    """Return the path of a checkpoint's packed weights, whether or not they exist.

    `kernels` is the compiled library, whose name contains its version and the processor.
    """
    digest = hashlib.sha256()
    for part in _content(contents):
        digest.update(part)
    for part in (kernels.name.encode(), *_sources()):
        digest.update(part)
    name = "".join(c if c.isalnum() or c in "-_" else "-" for c in contents.folder.name)[:60]
    return cache / FOLDER / f"{name}-{precision}-{digest.hexdigest()[:20]}{_SUFFIX}"


def content_digest(contents: Contents) -> str:
    """Return a digest of a checkpoint's files, of large ones by samples: 20 hexadecimal digits."""
    digest = hashlib.sha256()
    for part in (*_small_files(contents), *map(_sampled, contents.weight_files)):
        digest.update(part)
    return digest.hexdigest()[:20]


def read(path: Path) -> PackedFile | None:
    """Return a file's packed weights; None if it is missing or damaged."""
    try:
        content = packed_file.read(path)
    except FileNotFoundError:
        return None
    except (OSError, DamagedFileError) as error:
        log.warning("packed.unreadable it is made again: %s %s", type(error).__name__, error)
        return None
    try:
        os.utime(path)
    except OSError:
        log.info("packed.not_marked file=%s", path.name)
    return content


def write(path: Path, packed: PackedWeights, tokenizer: str) -> None:
    """Write packed weights, unless the disk is too full or can't be written."""
    content = PackedFile(arrays=packed.arrays, tokenizer=tokenizer)
    size_bytes = sum(array.nbytes for array in packed.arrays.values())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _delete_unused(path.parent, time.time())
        if shutil.disk_usage(path.parent).free < size_bytes + _FREE_BYTES:
            log.warning("packed.disk_full the next start packs the weights again")
            return
        packed_file.write(path, content, sparse=packed.sparse)
    except OSError as error:
        log.warning("packed.not_written the next start packs the weights again: %s", error)
    else:
        log.info("packed.written bytes=%d file=%s", size_bytes, path.name)


def entries(cache: Path) -> list[CachedModel]:
    """Return all files of the cache, by name."""
    found = []
    for path in sorted((cache / FOLDER).glob(f"*{_SUFFIX}")):
        try:
            status = path.stat()
        except FileNotFoundError:  # another process has just deleted it
            continue
        found.append(CachedModel(path=path, size_bytes=status.st_size))
    return found


def clear(cache: Path) -> int:
    """Delete all files of the cache and return their total size in bytes. Raises OSError."""
    freed_bytes = 0
    for entry in entries(cache):
        entry.path.unlink(missing_ok=True)
        freed_bytes += entry.size_bytes
    return freed_bytes


def _delete_unused(folder: Path, now: float) -> None:
    old = [(path, UNUSED_SECONDS) for path in folder.glob(f"*{_SUFFIX}")]
    # Temporary files of a killed process.
    old += [(path, _SCRATCH_SECONDS) for path in folder.glob(SCRATCH)]
    for path, seconds in old:
        try:
            if now - path.stat().st_mtime > seconds:
                path.unlink()
        except FileNotFoundError:
            continue


def _content(contents: Contents) -> Iterator[bytes]:
    """Yield what identifies a checkpoint's contents.

    Small files are read completely. Of large ones, which take seconds to read, it is path, size,
    modification time and samples.
    """
    yield from _small_files(contents)
    for file in contents.weight_files:
        status = file.stat()
        if status.st_size > _HASHED_WHOLE_BYTES:
            yield f"{file.resolve()} {status.st_mtime_ns}".encode()
        yield _sampled(file)


def _small_files(contents: Contents) -> Iterator[bytes]:
    for name in _OTHER_FILES:
        file = contents.folder / name
        yield name.encode()
        yield file.read_bytes() if file.is_file() else b""


def _sampled(file: Path) -> bytes:
    """Return a file's contents, or size and samples of a large one."""
    size_bytes = file.stat().st_size
    if size_bytes <= _HASHED_WHOLE_BYTES:
        return file.read_bytes()
    parts = [str(size_bytes).encode()]
    with file.open("rb") as stream:
        for number in range(_SAMPLES):
            stream.seek(number * (size_bytes - _SAMPLE_BYTES) // (_SAMPLES - 1))
            parts.append(stream.read(_SAMPLE_BYTES))
    return b" ".join(parts)


def _sources() -> Iterator[bytes]:
    """Yield the source code, so that no version reads another version's layout."""
    for file in sorted(Path(next(iter(bot.musicgen.__path__))).rglob("*.py")):
        yield file.read_bytes()
