"""Encode clips as files for posting, for export, and as stems."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import soundfile

from bot.audio.editing import loudness
from bot.audio.editing.playback import prepare_clip, prepare_stems
from bot.audio.editing.segments import amplify
from bot.audio.files import formats
from bot.audio.files.codes import pack_codes
from bot.audio.files.formats import FORMATS, Format, with_compression
from bot.audio.files.tags import write_tags
from bot.domain.clips import Tags
from bot.domain.generation import Codes, Sound
from bot.errors import OutputError
from bot.i18n.sentence import Sentence

SMALLEST_BYTES = 16_384
"""Below this no clip is made smaller any more."""

NOTHING_FITS = Sentence("The clip is too large to be posted here, however it is packed.")
EXPORT_TOO_LARGE = Sentence(
    "Even as FLAC this clip has {size:.0f} MB, and {most:.0f} MB may be posted here. The file "
    "under the clip has all of it."
)
INVALID = Sentence("The model made sound with invalid numbers in it.")

_MOST_CODES_SHARE = 1 / 16

_MP3, _OPUS, _OGG = FORMATS["mp3"], FORMATS["opus"], FORMATS["ogg"]
_LOSSY = (
    _MP3,
    with_compression(_MP3, 0.4),
    with_compression(_MP3, 0.7),
    with_compression(_MP3, 0.99),
    with_compression(_OPUS, 0.93),
    with_compression(_OPUS, 0.99),
)
_LADDERS: dict[str, tuple[Format, ...]] = {
    "wav": (FORMATS["wav"], FORMATS["flac"], *_LOSSY),
    "flac": (FORMATS["flac"], *_LOSSY),
    "mp3": _LOSSY,
    "ogg": (
        _OGG,
        with_compression(_OGG, 0.7),
        with_compression(_OGG, 0.99),
        with_compression(_OPUS, 0.99),
    ),
    "opus": (
        _OPUS,
        with_compression(_OPUS, 0.8),
        with_compression(_OPUS, 0.93),
        with_compression(_OPUS, 0.99),
    ),
}
"""What is tried, from the best to the smallest, by the format that is wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How clips are posted: a name of FORMATS, and the loudness."""

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
    """Return a clip as the best file of at most `max_bytes`.

    Its codes are included if they take a small part of that. Raises OutputError if nothing fits.
    """
    style = style or Style()
    if not np.isfinite(sound.samples).all():
        raise OutputError(INVALID)
    ready = prepare_clip(sound, style.loudness_lufs, loops=tags.loops)
    packed = None if codes is None else pack_codes(codes)
    if packed is not None and len(packed) > max_bytes * _MOST_CODES_SHARE:
        packed = None
    for kind in _LADDERS[style.format]:
        data = write_tags(_below_peak(ready, kind), kind.suffix, tags, packed)
        if len(data) <= max_bytes:
            return Encoded(data=data, suffix=kind.suffix, content_type=kind.content_type)
    raise OutputError(NOTHING_FITS)


def encode_export(
    sound: Sound, wanted: str, *, max_bytes: int, tags: Tags, style: Style | None = None
) -> Encoded:
    """Return a clip as a file of a format that loses nothing, `flac` or `wav`.

    A WAV that is larger than `max_bytes` becomes a FLAC. Raises OutputError where that is too large
    as well.
    """
    if not np.isfinite(sound.samples).all():
        raise OutputError(INVALID)
    ready = prepare_clip(sound, (style or Style()).loudness_lufs, loops=tags.loops)
    size = 0
    for kind in (FORMATS[each] for each in dict.fromkeys((wanted, "flac"))):
        data = write_tags(formats.encode(ready, kind), kind.suffix, tags)
        if len(data) <= max_bytes:
            return Encoded(data=data, suffix=kind.suffix, content_type=kind.content_type)
        size = len(data)
    raise OutputError(EXPORT_TOO_LARGE.fill(size=size / 2**20, most=max_bytes / 2**20))


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
    nothing fits.
    """
    style = style or Style()
    if not all(np.isfinite(sound.samples).all() for sound in stems.values()):
        raise OutputError(INVALID)
    _, ready = prepare_stems(mix, stems, style.loudness_lufs, loops=tags.loops)
    for kind in _LADDERS[style.format]:
        files = {
            name: write_tags(formats.encode(part, kind), kind.suffix, replace(tags, stem=name))
            for name, part in ready.items()
        }
        if sum(map(len, files.values())) <= max_bytes:
            return {
                name: Encoded(data=data, suffix=kind.suffix, content_type=kind.content_type)
                for name, data in files.items()
            }
    raise OutputError(NOTHING_FITS)


def _below_peak(sound: Sound, kind: Format) -> bytes:
    """Encode a sound so that no peak of what is heard is above the most that may be."""
    data = formats.encode(sound, kind)
    heard, rate_hz = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    peak = loudness.peak_dbtp(Sound(samples=heard.T, sample_rate_hz=rate_hz))
    if peak <= loudness.MOST_DBTP:
        return data
    # What a lossy format adds is about the same once more.
    quieter = amplify(sound, loudness.MOST_DBTP - 0.1 - peak)
    return formats.encode(quieter, kind)
