"""Clips as files: the lossless one that is kept, and the one that is posted."""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import soundfile

from bot import failpoints
from bot.audio import formats, loudness
from bot.audio.codes import packed
from bot.audio.formats import FORMATS, Format, squeezed
from bot.audio.seams import faded
from bot.audio.tags import tagged, with_codes
from bot.errors import OutputError, SoundError
from bot.jobs import Codes, Sound
from bot.orders import Tags

SMALLEST_BYTES = 16_384
"""Below this no clip is made smaller any more."""

NOTHING_FITS = "The clip is too large to be posted here, however it is packed."
SOUND_GONE = "The sound of this clip is not kept any more."
INVALID = "The model made sound with invalid numbers in it."

_MOST_CODES_SHARE = 1 / 16

_MP3, _OPUS, _OGG = FORMATS["mp3"], FORMATS["opus"], FORMATS["ogg"]
_LOSSY = (
    _MP3,
    squeezed(_MP3, 0.4),
    squeezed(_MP3, 0.7),
    squeezed(_MP3, 0.99),
    squeezed(_OPUS, 0.93),
    squeezed(_OPUS, 0.99),
)
_LADDERS: dict[str, tuple[Format, ...]] = {
    "wav": (FORMATS["wav"], FORMATS["flac"], *_LOSSY),
    "flac": (FORMATS["flac"], *_LOSSY),
    "mp3": _LOSSY,
    "ogg": (_OGG, squeezed(_OGG, 0.7), squeezed(_OGG, 0.99), squeezed(_OPUS, 0.99)),
    "opus": (_OPUS, squeezed(_OPUS, 0.8), squeezed(_OPUS, 0.93), squeezed(_OPUS, 0.99)),
}
"""What is tried, from the best to the smallest, by the format that is wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How clips are posted: a name of FORMATS, and how loud they are."""

    format: str = "mp3"
    loudness_lufs: float = loudness.TARGET_LUFS


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A clip as the bytes of a file."""

    data: bytes = field(repr=False)
    suffix: str
    content_type: str


def encode_for_post(
    sound: Sound,
    *,
    max_bytes: int,
    tags: Tags,
    style: Style | None = None,
    codes: Codes | None = None,
) -> Encoded:
    """Return a clip as the best file that is no larger than `max_bytes`.

    Its codes go with it where they take little of that.

    Raises OutputError where nothing fits, ResourceError where there is no ffmpeg.
    """
    style = style or Style()
    if not np.isfinite(sound.samples).all():
        raise OutputError(INVALID)
    ready = faded(loudness.levelled(sound, style.loudness_lufs), loops=tags.loops)
    told = None if codes is None else packed(codes)
    if told is not None and len(told) > max_bytes * _MOST_CODES_SHARE:
        told = None
    for kind in _rungs(style.format, sound.sample_rate_hz):
        data = tagged(_below_peak(ready, kind), kind.suffix, tags, told)
        if len(data) <= max_bytes:
            return Encoded(data=data, suffix=kind.suffix, content_type=kind.content_type)
    raise OutputError(NOTHING_FITS)


def encode_stems(
    mix: Sound,
    stems: Mapping[str, Sound],
    *,
    max_bytes: int,
    tags: Tags,
    style: Style | None = None,
) -> dict[str, Encoded]:
    """Return the stems of a clip as the best files that together are no larger than `max_bytes`.

    All are packed alike and turned up by one gain, so that they add up. Raises OutputError where
    nothing fits, ResourceError where there is no ffmpeg.
    """
    style = style or Style()
    if not all(np.isfinite(sound.samples).all() for sound in stems.values()):
        raise OutputError(INVALID)
    _, parts = loudness.levelled_together(mix, list(stems.values()), style.loudness_lufs)
    ready = {name: faded(part) for name, part in zip(stems, parts, strict=True)}
    for kind in _rungs(style.format, mix.sample_rate_hz):
        files = {
            name: tagged(formats.encode(part, kind), kind.suffix, replace(tags, stem=name))
            for name, part in ready.items()
        }
        if sum(map(len, files.values())) <= max_bytes:
            return {
                name: Encoded(data=data, suffix=kind.suffix, content_type=kind.content_type)
                for name, data in files.items()
            }
    raise OutputError(NOTHING_FITS)


def _rungs(name: str, sample_rate_hz: int) -> Iterator[Format]:
    return (kind for kind in _LADDERS[name] if kind.holds(sample_rate_hz))


def _below_peak(sound: Sound, kind: Format) -> bytes:
    """Encode a sound so that no peak of what is heard is above the most that may be."""
    data = formats.encode(sound, kind)
    heard, rate_hz = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    peak = loudness.peak_dbtp(Sound(samples=heard.T, sample_rate_hz=rate_hz))
    if peak <= loudness.MOST_DBTP:
        return data
    # What a lossy format adds is about the same once more.
    quieter = loudness.turned_down(sound, peak - loudness.MOST_DBTP + 0.1)
    return formats.encode(quieter, kind)


def write_master(path: Path, sound: Sound, codes: bytes | None = None) -> None:
    """Keep a sound without loss: on disk, whole and under its name when this returns.

    Its packed codes are kept in the same file: they are as much its person's as the sound is.
    Raises OutputError where it can't be written.
    """
    if not np.isfinite(sound.samples).all():
        raise OutputError(INVALID)
    loudest = max(1.0, float(np.abs(sound.samples).max(initial=0.0)))
    whole = replace(sound, samples=sound.samples / np.float32(loudest))
    scratch = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part")
    try:
        with scratch.open("wb") as file:
            data = formats.encode(whole, FORMATS["flac"])
            file.write(data if codes is None else with_codes(data, codes))
            file.flush()
            os.fsync(file.fileno())
        failpoints.hit("clip.unnamed")
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
        raise SoundError(SOUND_GONE) from None
    return Sound(samples=np.ascontiguousarray(samples.T), sample_rate_hz=int(rate_hz))
