"""Writes an ID3v2.4 tag: before the sound of an MP3, or as a chunk of a WAV.

Source: id3.org/id3v2.4.0-structure and -frames.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

_FRAMES = {
    "title": b"TIT2", "artist": b"TPE1", "album": b"TALB", "albumartist": b"TPE2",
    "composer": b"TCOM", "genre": b"TCON", "year": b"TDRC", "track": b"TRCK", "disc": b"TPOS",
    "bpm": b"TBPM", "key": b"TKEY", "copyright": b"TCOP", "isrc": b"TSRC", "language": b"TLAN",
    "lyricist": b"TEXT", "conductor": b"TPE3", "publisher": b"TPUB", "encoded_by": b"TENC",
}  # fmt: skip
"""The frames of fields that have one; any other field goes into a frame of its own name."""

_UTF_8 = b"\x03"
_ANY_LANGUAGE = b"eng"
_FRONT_COVER = b"\x03"


def build_tag(fields: Mapping[str, str], picture: tuple[str, bytes] | None = None) -> bytes:
    """Return the tag that holds these fields, and a picture by its MIME type; b"" for neither."""
    body = b"".join(_frames(fields))
    if picture is not None:
        mime_type, data = picture
        head = b"\0" + mime_type.encode("ascii") + b"\0" + _FRONT_COVER + b"\0"
        body += _frame(b"APIC", head + data)
    if not body:
        return b""  # a tag may not be empty
    return b"ID3\x04\x00\x00" + _seven_bits(len(body)) + body


def add_chunk(wav: bytes, tag: bytes) -> bytes:
    """Return a WAV file with a tag as its last chunk."""
    if not tag:
        return wav
    padded = wav + b"\0" * (len(wav) % 2)
    chunk = b"id3 " + struct.pack("<I", len(tag)) + tag + b"\0" * (len(tag) % 2)
    whole = len(padded) + len(chunk)
    return padded[:4] + struct.pack("<I", whole - 8) + padded[8:] + chunk


def _frames(fields: Mapping[str, str]) -> Iterator[bytes]:
    for name, value in fields.items():
        text = value.encode("utf-8", errors="replace")
        lines = text.replace(b"\0", b"\n")  # where there is but one value
        if name in _FRAMES:
            yield _frame(_FRAMES[name], _UTF_8 + text)
        elif name == "comment":
            yield _frame(b"COMM", _UTF_8 + _ANY_LANGUAGE + b"\0" + lines)
        elif name == "lyrics":
            yield _frame(b"USLT", _UTF_8 + _ANY_LANGUAGE + b"\0" + lines)
        else:
            own_name = name.encode("utf-8", errors="replace").replace(b"\0", b"")
            yield _frame(b"TXXX", _UTF_8 + own_name + b"\0" + text)


def _frame(name: bytes, content: bytes) -> bytes:
    return name + _seven_bits(len(content)) + b"\0\0" + content


def _seven_bits(number: int) -> bytes:
    """Return a length whose bytes keep their highest bit free: none looks like sound."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
