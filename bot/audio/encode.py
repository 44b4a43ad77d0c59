"""Clips out: sound into a file whose suffix says the format.

A file appears under its name only when it is whole. Knows no model and no prompt.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import soundfile

from bot.errors import OutputError
from bot.jobs import Sound

# libvorbis keeps a whole call's samples on the stack: minutes in one call overflow it.
_BLOCK_FRAMES = 16_384


@dataclass(frozen=True, slots=True)
class _Format:
    """A container as libsndfile names it, with the settings that suit music."""

    container: str
    subtype: str
    options: Mapping[str, Any] = field(default_factory=dict)
    rates_hz: frozenset[int] | None = None


_MP3_RATES_HZ = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})

FORMATS: Mapping[str, _Format] = MappingProxyType(
    {
        ".wav": _Format("WAV", "PCM_16"),
        ".flac": _Format("FLAC", "PCM_16"),
        # Compression counts from 0, the best sound, to 1, the smallest file.
        ".mp3": _Format(
            "MP3",
            "MPEG_LAYER_III",
            {"bitrate_mode": "VARIABLE", "compression_level": 0.1},
            _MP3_RATES_HZ,
        ),
        ".ogg": _Format("OGG", "VORBIS", {"compression_level": 0.3}),
    }
)
"""What is written, by suffix."""


def check(path: Path) -> None:
    """Make sure that a file can be written, before any work is done for it.

    Raises OutputError.
    """
    if path.suffix.lower() not in FORMATS:
        known = ", ".join(FORMATS)
        ending = f"ends in {path.suffix}" if path.suffix else "has no suffix"
        raise OutputError(f"{path.name} {ending}; the formats written are {known}.")
    if path.is_dir():
        raise OutputError(f"{path} is a folder; give the name of a file.")
    if path.exists() and not os.access(path, os.W_OK):
        raise OutputError(f"{path} is there already and may not be changed.")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise OutputError(f"The folder {path.parent} does not exist.")
    probe = _beside(path.resolve())
    try:
        probe.touch(exist_ok=False)
    except OSError as error:
        raise OutputError(f"Nothing can be written to {folder}: {error.strerror}.") from error
    probe.unlink()


def write(path: Path, sound: Sound) -> None:
    """Write a sound in the format of the file's suffix, over a file of that name.

    A sound that goes beyond [-1, 1] is turned down as a whole. Raises OutputError, and then leaves
    no file behind and an older one as it was.
    """
    check(path)
    kind = FORMATS[path.suffix.lower()]
    if not np.isfinite(sound.samples).all():
        raise OutputError("The model made sound with invalid numbers in it; nothing was saved.")
    if kind.rates_hz is not None and sound.sample_rate_hz not in kind.rates_hz:
        raise OutputError(
            f"{path.suffix} can't hold sound at {sound.sample_rate_hz} Hz; use .wav or .flac."
        )
    with _whole(path) as unfinished:
        try:
            _encode(unfinished, kind, sound)
        except (soundfile.LibsndfileError, OSError, AssertionError) as error:
            # soundfile asserts that as many frames were written as it was given.
            raise OutputError(f"{path} could not be written; is the disk full?") from error


def _encode(path: Path, kind: _Format, sound: Sound) -> None:
    # A codec knows no bounds; cutting its peaks off would be heard.
    loudest = max(1.0, float(np.abs(sound.samples).max(initial=0.0)))
    samples = (sound.samples / np.float32(loudest)).clip(-1.0, 1.0).T
    with soundfile.SoundFile(
        path,
        "w",
        samplerate=sound.sample_rate_hz,
        channels=sound.channels,
        format=kind.container,
        subtype=kind.subtype,
        **kind.options,
    ) as file:
        for start in range(0, len(samples), _BLOCK_FRAMES):
            file.write(samples[start : start + _BLOCK_FRAMES])


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Lend a file beside the target that takes its name if all goes well and goes away if not."""
    target = path.resolve()  # a link stays a link, what it points to is replaced
    unfinished = _beside(target)
    try:
        yield unfinished
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.stem[:100]}.{secrets.token_hex(4)}.part{path.suffix}")
