"""The text fields of a sound file, whoever wrote them: title, artist, comment, fields of one's own.

Names are lower-case: those of tinytag, which reads them. Nothing permissive writes a field of one's
own into every format that clips have, so that is done here, into files that were just encoded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

import tinytag

from bot.audio.files import id3, vorbis_comments

SEVERAL = "\0"
"""Stands between the values of a field that has several, as it does in ID3."""

_PLAIN = ("title", "artist", "album", "albumartist", "composer", "genre", "year", "comment")
_NUMBERED = ("track", "disc")
_OUR_NAMES = {"initial_key": "key"}


def read_fields(file: BinaryIO) -> dict[str, str]:
    """Return the fields of a file; none where none can be read."""
    try:
        found = tinytag.TinyTag.get(file_obj=file, duration=False)
    except (tinytag.TinyTagException, OSError):
        return {}
    fields: dict[str, str] = {}
    for name, value in _fields(found):
        fields[name] = f"{fields[name]}{SEVERAL}{value}" if name in fields else value
    return fields


def write_fields(data: bytes, suffix: str, fields: Mapping[str, str]) -> bytes:
    """Return a file of ours that was just encoded with these fields in it, and no others."""
    if suffix in (".mp3", ".wav") and not fields:
        return data  # an ID3 tag may not be empty
    if suffix == ".mp3":
        return id3.build_tag(fields) + data
    if suffix == ".wav":
        return id3.add_chunk(data, id3.build_tag(fields))
    if suffix == ".flac":
        return vorbis_comments.add_to_flac(data, fields)
    return vorbis_comments.add_to_ogg(data, fields)


def _fields(found: tinytag.TinyTag) -> Iterator[tuple[str, str]]:
    for name in _PLAIN:
        if value := getattr(found, name):
            yield name, str(value)
    for name in _NUMBERED:
        number, total = getattr(found, name), getattr(found, f"{name}_total")
        if number:
            yield name, f"{number}/{total}" if total else str(number)
    for name, values in found.other.items():
        for value in values:
            yield _OUR_NAMES.get(name, name), value
