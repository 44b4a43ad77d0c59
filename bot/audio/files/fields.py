"""Text fields of sound files: title, artist, comment, custom fields.

Names are lower-case, as in tinytag, which reads them. No permissively licensed library writes
custom fields into all formats of clips, so that is done here, into freshly encoded files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

import tinytag

from bot.audio.files import id3, vorbis_comments

SEVERAL = "\0"
"""Stands between the values of a field that has several, as it does in ID3."""

_MOST_COVER_BYTES = 2**23
_PICTURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif"}
"""What pictures begin with: it says more than what a file claims of them."""

_PLAIN = ("title", "artist", "album", "albumartist", "composer", "genre", "year", "comment")
_NUMBERED = ("track", "disc")
_OUR_NAMES = {"initial_key": "key"}


@dataclass(frozen=True, slots=True)
class Cover:
    """The picture on the front of what a file is from."""

    mime_type: str
    data: bytes = field(repr=False)


def read_fields(file: BinaryIO) -> dict[str, str]:
    """Return the fields of a file; none where none can be read."""
    try:
        file.seek(0)
        found = tinytag.TinyTag.get(file_obj=file, duration=False)
    except (tinytag.TinyTagException, OSError):
        return {}
    fields: dict[str, str] = {}
    for name, value in _fields(found):
        fields[name] = f"{fields[name]}{SEVERAL}{value}" if name in fields else value
    return fields


def read_cover(file: BinaryIO) -> Cover | None:
    """Return the picture in a file; None where there is none, or none that is one."""
    try:
        file.seek(0)
        found = tinytag.TinyTag.get(file_obj=file, duration=False, image=True).images.any
    except (tinytag.TinyTagException, OSError):
        return None
    if found is None or len(found.data) > _MOST_COVER_BYTES:
        return None
    kinds = (kind for start, kind in _PICTURES.items() if found.data.startswith(start))
    kind = next(kinds, None)
    return None if kind is None else Cover(kind, found.data)


def read_bit_depth(file: BinaryIO) -> int | None:
    """Return how many bits a sample has by a file's own word; None where it has none."""
    try:
        file.seek(0)
        return tinytag.TinyTag.get(file_obj=file).bitdepth
    except (tinytag.TinyTagException, OSError):
        return None


def write_fields(
    data: bytes, suffix: str, fields: Mapping[str, str], cover: Cover | None = None
) -> bytes:
    """Return a file of ours that was just encoded with these fields in it, and no others."""
    picture = None if cover is None else (cover.mime_type, cover.data)
    if suffix in (".mp3", ".wav"):
        tag = id3.build_tag(fields, picture)
        return tag + data if suffix == ".mp3" else id3.add_chunk(data, tag)
    if suffix == ".flac":
        return vorbis_comments.add_to_flac(data, fields, picture)
    return vorbis_comments.add_to_ogg(data, fields, picture)


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
