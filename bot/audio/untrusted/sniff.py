"""Identify untrusted files by their first bytes, in pure Python.

A decoder that guesses can be tricked by a text file with a sound file's name into reading other
files or the network. So text is refused, and a recognized file is opened as that one format only.
If the start is not recognized, as in a fragment of a recording, the sandboxed decoder may choose
among the same formats.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap

from bot.domain.sound_formats import ACCEPTED_FORMATS
from bot.errors import SoundError
from bot.i18n.sentence import Sentence

NOT_SOUND = Sentence(
    "This is not a sound file that I can use: {accepted}.", accepted=ACCEPTED_FORMATS
)
EMPTY = Sentence("This file is empty.")
MANY_CHANNELS = Sentence("This file says it has {channels} channels; from 1 to 64 can be used.")
ODD_RATE = Sentence(
    "This file says it has {rate_hz} samples a second; 4,000 to 192,000 can be used."
)

DEMUXERS = ("wav", "w64", "aiff", "caf", "flac", "ogg", "mov", "matroska", "aac", "mp3")
"""The kinds that may be opened, by ffmpeg's names."""

_MOST_CHANNELS = 64
_RATES_HZ = (4_000, 192_000)
_LARGEST_TAG_BYTES = 2**28
_MOST_TAGS = _MOST_CHUNKS = 64
_TEXT_BYTES = 512
_NOT_TEXT = re.compile(rb"[^\t\n\f\r\x20-\x7e\x80-\xff]")
_NOT_ZERO = re.compile(rb"[^\0]")
_QUICKTIME_ATOMS = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}

Bytes = bytes | mmap
"""A file's contents, in memory or on disk."""


@dataclass(frozen=True, slots=True)
class Container:
    """What a file is, by ffmpeg's name for the one demuxer that may open it."""

    demuxer: str | None
    """None where the beginning doesn't tell."""
    channels: int | None = None
    rate_hz: int | None = None


def identify(data: Bytes) -> Container:
    """Return what a file is.

    Raises SoundError for text and for headers that claim what can't be.
    """
    if not data:
        raise SoundError(EMPTY)
    if _NOT_TEXT.search(data[:_TEXT_BYTES]) is None:
        raise SoundError(NOT_SOUND)
    body = _skip_tags(data)
    known = (kind for look in _LOOKS if (kind := look(data, body)) is not None)
    found = next(known, Container(None))
    if found.channels is not None and not 1 <= found.channels <= _MOST_CHANNELS:
        raise SoundError(MANY_CHANNELS.fill(channels=found.channels))
    low, high = _RATES_HZ
    if found.rate_hz is not None and not low <= found.rate_hz <= high:
        raise SoundError(ODD_RATE.fill(rate_hz=found.rate_hz))
    return found


def _wav(data: Bytes, at: int) -> Container | None:
    kind, form = data[at : at + 4], data[at + 8 : at + 12]
    if kind == b"riff" and data[at + 4 : at + 8] == b"\x2e\x91\xcf\x11":
        return Container("w64")
    if kind not in (b"RIFF", b"RF64", b"BW64", b"RIFX") or form != b"WAVE":
        return None
    if kind == b"RIFX" or (chunk := _riff_chunk(data, at + 12, b"fmt ")) is None:
        return Container("wav")
    return Container("wav", _little(data, chunk + 2, 2), _little(data, chunk + 4, 4))


def _riff_chunk(data: Bytes, at: int, name: bytes) -> int | None:
    """Return where the contents of a chunk begin."""
    for _ in range(_MOST_CHUNKS):
        size = _little(data, at + 4, 4)
        if size is None:
            return None
        if data[at : at + 4] == name:
            return at + 8
        at += 8 + size + size % 2
    return None


def _aiff(data: Bytes, at: int) -> Container | None:
    is_aiff = data[at : at + 4] == b"FORM" and data[at + 8 : at + 12] in (b"AIFF", b"AIFC")
    return Container("aiff") if is_aiff else None


def _caf(data: Bytes, at: int) -> Container | None:
    return Container("caf") if data[at : at + 4] == b"caff" else None


def _flac(data: Bytes, at: int) -> Container | None:
    if data[at : at + 4] != b"fLaC":
        return None
    packed = data[at + 18 : at + 22]
    if len(packed) < 4:
        return Container("flac")
    # 20 bits of rate, then 3 of channels less one.
    number = int.from_bytes(packed, "big")
    return Container("flac", (number >> 9 & 7) + 1, number >> 12)


def _ogg(data: Bytes, at: int) -> Container | None:
    if data[at : at + 4] != b"OggS" or (segments := _little(data, at + 26, 1)) is None:
        return None
    packet = at + 27 + segments
    first = data[packet : packet + 16]
    if first[:8] == b"OpusHead":
        return Container("ogg", _little(first, 9, 1))
    if first[:7] == b"\x01vorbis":
        return Container("ogg", _little(first, 11, 1), _little(first, 12, 4))
    return Container("ogg")


def _mp4(data: Bytes, at: int) -> Container | None:
    return Container("mov") if data[at + 4 : at + 8] in _QUICKTIME_ATOMS else None


def _matroska(data: Bytes, at: int) -> Container | None:
    return Container("matroska") if data[at : at + 4] == b"\x1a\x45\xdf\xa3" else None


def _adts(data: Bytes, at: int) -> Container | None:
    head = data[at : at + 7]
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return None
    # The next frame begins where this one says it ends.
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    following = data[at + length : at + length + 2]
    is_whole = length >= 7 and (len(following) < 2 or following[0] == 0xFF)
    return Container("aac") if is_whole else None


def _mp3(data: Bytes, at: int) -> Container | None:
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    is_frame = version != 1 and layer != 0 and bitrate not in (0, 15) and rate != 3
    return Container("mp3") if is_frame else None


_LOOKS: tuple[Callable[[Bytes, int], Container | None], ...] = (
    _wav, _aiff, _caf, _flac, _ogg, _mp4, _matroska, _adts, _mp3,
)  # fmt: skip


def _skip_tags(data: Bytes) -> int:
    """Return where a file begins behind the tags and zeros that some programs put before it."""
    at = 0
    for _ in range(_MOST_TAGS):
        if found := _id3_bytes(data, at) or _ape_bytes(data, at) or _id3v1_bytes(data, at):
            at += found
        elif data[at : at + 8] == bytes(8) and (sound := _NOT_ZERO.search(data, at)):
            at = sound.start()
        else:
            break
    return at


def _id3_bytes(data: Bytes, at: int) -> int:
    head = data[at : at + 10]
    if head[:3] != b"ID3" or len(head) < 10 or any(byte & 0x80 for byte in head[6:10]):
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    footer = 10 if head[5] & 0x10 else 0
    return 10 + size + footer if size < _LARGEST_TAG_BYTES else 0


def _ape_bytes(data: Bytes, at: int) -> int:
    size = _little(data, at + 12, 4)
    return 32 + size if data[at : at + 8] == b"APETAGEX" and size is not None else 0


def _id3v1_bytes(data: Bytes, at: int) -> int:
    return 128 if data[at : at + 3] == b"TAG" else 0


def _little(data: Bytes, at: int, size: int) -> int | None:
    part = data[at : at + size]
    return int.from_bytes(part, "little") if len(part) == size else None
