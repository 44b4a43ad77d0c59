"""Clips as files: the lossless one that is kept, and the one that is posted."""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from bot.audio.tags import Tags, tagged
from bot.errors import OutputError, SoundError
from bot.jobs import Samples, Sound

SMALLEST_BYTES = 16_384
"""Below this no clip is made smaller any more."""

NOTHING_FITS = "The clip is too large to be posted here, however it is packed."
INVALID = "The model made sound with invalid numbers in it."

_FADE_IN_SECONDS = 0.005
_FADE_OUT_SECONDS = 0.03
# libvorbis keeps a whole call's samples on the stack: minutes in one call overflow it.
_BLOCK_FRAMES = 16_384


@dataclass(frozen=True, slots=True)
class _Rung:
    suffix: str
    container: str
    subtype: str
    content_type: str
    options: Mapping[str, Any] = field(default_factory=dict)


def _mp3(level: float) -> _Rung:
    # Compression counts from 0, the best sound, to 1, the smallest file.
    options = {"bitrate_mode": "VARIABLE", "compression_level": level}
    return _Rung(".mp3", "MP3", "MPEG_LAYER_III", "audio/mpeg", options)


_LADDER = (
    _mp3(0.1),
    _mp3(0.4),
    _mp3(0.7),
    _mp3(0.99),
    _Rung(".ogg", "OGG", "VORBIS", "audio/ogg", {"compression_level": 0.99}),
)
"""From the best to the smallest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A clip as the bytes of a file."""

    data: bytes = field(repr=False)
    suffix: str
    content_type: str


def encode_for_post(sound: Sound, *, max_bytes: int, tags: Tags) -> Encoded:
    """Return a clip as the best file that is no larger than `max_bytes`.

    Raises OutputError where nothing fits.
    """
    if not np.isfinite(sound.samples).all():
        raise OutputError(INVALID)
    samples = faded(sound)
    for rung in _LADDER:
        data = tagged(_encoded(samples, sound.sample_rate_hz, rung), rung.suffix, tags)
        if len(data) <= max_bytes:
            return Encoded(data=data, suffix=rung.suffix, content_type=rung.content_type)
    raise OutputError(NOTHING_FITS)


def faded(sound: Sound) -> Samples:
    """Return a sound's samples within full scale, rising and falling so that it does not click."""
    loudest = max(1.0, float(np.abs(sound.samples).max(initial=0.0)))
    samples = np.array(sound.samples / np.float32(loudest), np.float32)
    length = samples.shape[1]
    rise = min(length, round(_FADE_IN_SECONDS * sound.sample_rate_hz))
    fall = min(length, round(_FADE_OUT_SECONDS * sound.sample_rate_hz))
    samples[:, :rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    samples[:, length - fall :] *= np.linspace(1, 0, fall, dtype=np.float32)
    return samples


def write_master(path: Path, sound: Sound) -> None:
    """Keep a sound without loss: on disk, whole and under its name when this returns.

    Raises OutputError where it can't be written.
    """
    if not np.isfinite(sound.samples).all():
        raise OutputError(INVALID)
    loudest = max(1.0, float(np.abs(sound.samples).max(initial=0.0)))
    samples = sound.samples / np.float32(loudest)
    scratch = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part")
    rung = _Rung(".flac", "FLAC", "PCM_16", "audio/flac")
    try:
        with scratch.open("wb") as file:
            file.write(_encoded(samples, sound.sample_rate_hz, rung))
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise OutputError(
            "The clip could not be kept, since the disk is full or can't be written. Nothing was "
            "charged."
        ) from error
    finally:
        scratch.unlink(missing_ok=True)


def read_master(path: Path) -> Sound:
    """Read a sound that was kept. Raises SoundError where it is gone."""
    try:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError):
        raise SoundError("The sound of this clip is not kept any more.") from None
    return Sound(samples=np.ascontiguousarray(samples.T), sample_rate_hz=int(rate_hz))


def _encoded(samples: Samples, rate_hz: int, rung: _Rung) -> bytes:
    file = io.BytesIO()
    with soundfile.SoundFile(
        file,
        "w",
        samplerate=rate_hz,
        channels=len(samples),
        format=rung.container,
        subtype=rung.subtype,
        **rung.options,
    ) as target:
        for start in range(0, samples.shape[1], _BLOCK_FRAMES):
            target.write(samples[:, start : start + _BLOCK_FRAMES].T)
    return file.getvalue()
