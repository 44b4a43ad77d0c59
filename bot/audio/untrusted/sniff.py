"""The gate for strangers' files: what is it, told from its first bytes, by nothing but Python.

A decoder that guesses can be talked into reading another file, or the network, by a few lines of
text with a sound file's name. So it is never asked to guess: what passes here is opened as that one
kind and no other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.sound_formats import ACCEPTED_FORMATS
from bot.errors import SoundError
from bot.i18n.sentence import Sentence

NOT_SOUND = Sentence(
    "This is not a sound file that I can use: {accepted}.", accepted=ACCEPTED_FORMATS
)
EMPTY = Sentence("This file is empty.")
MANY_CHANNELS = Sentence("This file says it has {channels} channels; from 1 to 8 can be used.")
ODD_RATE = Sentence(
    "This file says it has {rate_hz} samples a second; 4,000 to 192,000 can be used."
)

_MOST_CHANNELS = 8
_RATES_HZ = (4_000, 192_000)
_LARGEST_TAG_BYTES = 2**28
_MP4_BRANDS = {
    b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"avc1",
    b"dash", b"MSNV", b"3gp4", b"3gp5", b"3gp6", b"qt  ", b"M4V ", b"f4v ", b"iso8", b"iso9",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Container:
    """What a file is, by ffmpeg's name for the one demuxer that may open it."""

    demuxer: str
    channels: int | None = None
    rate_hz: int | None = None


def identify(data: bytes) -> Container:
    """Return what a file is. Raises SoundError for all that is not among the accepted kinds."""
    if not data:
        raise SoundError(EMPTY)
    found = next((kind for look in _LOOKS if (kind := look(data)) is not None), None)
    if found is None:
        raise SoundError(NOT_SOUND)
    if found.channels is not None and not 1 <= found.channels <= _MOST_CHANNELS:
        raise SoundError(MANY_CHANNELS.fill(channels=found.channels))
    low, high = _RATES_HZ
    if found.rate_hz is not None and not low <= found.rate_hz <= high:
        raise SoundError(ODD_RATE.fill(rate_hz=found.rate_hz))
    return found


def _wav(data: bytes) -> Container | None:
    if data[:4] not in (b"RIFF", b"RF64") or data[8:12] != b"WAVE":
        return None
    at = data.find(b"fmt ", 12, 4096)
    if at < 0 or len(data) < at + 16:
        return Container("wav")
    return Container("wav", _little(data, at + 10, 2), _little(data, at + 12, 4))


def _flac(data: bytes) -> Container | None:
    body = data[_id3_bytes(data) :]
    if body[:4] != b"fLaC":
        return None
    if len(body) < 21:
        return Container("flac")
    # 20 bits of rate, then 3 of channels less one.
    packed = int.from_bytes(body[18:22], "big")
    return Container("flac", (packed >> 9 & 7) + 1, packed >> 12)


def _ogg(data: bytes) -> Container | None:
    if data[:4] != b"OggS" or len(data) < 28:
        return None
    first = data[27 + data[26] :]
    if first[:8] == b"OpusHead":
        return Container("ogg", _little(first, 9, 1))
    if first[:7] == b"\x01vorbis":
        return Container("ogg", _little(first, 11, 1), _little(first, 12, 4))
    if first[:5] == b"\x7fFLAC":
        return Container("ogg")
    return None


def _mp4(data: bytes) -> Container | None:
    return Container("mov") if data[4:8] == b"ftyp" and data[8:12] in _MP4_BRANDS else None


def _matroska(data: bytes) -> Container | None:
    return Container("matroska") if data[:4] == b"\x1a\x45\xdf\xa3" else None


def _adts(data: bytes) -> Container | None:
    body = data[_id3_bytes(data) :]
    if len(body) < 7 or body[0] != 0xFF or body[1] & 0xF6 != 0xF0:
        return None
    # The next frame begins where this one says it ends.
    length = (body[3] & 3) << 11 | body[4] << 3 | body[5] >> 5
    following = body[length : length + 2]
    is_whole = length >= 7 and (len(following) < 2 or following[0] == 0xFF)
    return Container("aac") if is_whole else None


def _mp3(data: bytes) -> Container | None:
    skipped = _id3_bytes(data)
    body = data[skipped:]
    if _is_mp3_frame(body):
        return Container("mp3")
    # Some writers leave zeros between the tag and the first frame.
    rest = body[:65_536].lstrip(b"\0")
    return Container("mp3") if skipped and _is_mp3_frame(rest) else None


_LOOKS: tuple[Callable[[bytes], Container | None], ...] = (
    _wav, _flac, _ogg, _mp4, _matroska, _adts, _mp3,
)  # fmt: skip


def _is_mp3_frame(body: bytes) -> bool:
    if len(body) < 4 or body[0] != 0xFF or body[1] & 0xE0 != 0xE0:
        return False
    version, layer = body[1] >> 3 & 3, body[1] >> 1 & 3
    bitrate, rate = body[2] >> 4, body[2] >> 2 & 3
    return version != 1 and layer == 1 and bitrate not in (0, 15) and rate != 3


def _id3_bytes(data: bytes) -> int:
    """Return how long a tag before the sound is."""
    if data[:3] != b"ID3" or len(data) < 10 or any(byte & 0x80 for byte in data[6:10]):
        return 0
    size = data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9]
    return 10 + size if size < _LARGEST_TAG_BYTES else 0


def _little(data: bytes, at: int, size: int) -> int | None:
    part = data[at : at + size]
    return int.from_bytes(part, "little") if len(part) == size else None
