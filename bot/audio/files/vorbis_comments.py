"""Writes Vorbis comments, the tags of FLAC, Ogg Vorbis and Opus, into a file that was just encoded.

Source: xiph.org/vorbis/doc/v-comment.html, RFC 9639 (FLAC), RFC 3533 (Ogg) and RFC 7845 (Opus).
"""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_LOWER = frozenset({"title", "comment", "bpm", "key"})
"""Names that are written small, as they always were; names are the same in either case."""

_OTHER_NAMES = {"year": "DATE", "track": "TRACKNUMBER", "disc": "DISCNUMBER"}

Picture = tuple[str, bytes]
"""The MIME type of a picture, and the picture."""

_FLAC_COMMENTS, _FLAC_PADDING, _FLAC_PICTURE, _FLAC_LAST = 4, 1, 6, 0x80
_FRONT_COVER = 3
_VORBIS, _OPUS = b"\x03vorbis", b"OpusTags"

_PAGE = struct.Struct("<4sBBqIII")
"""Capture pattern, version, flags, granule position, serial, page number, checksum."""

_CONTINUED = 1
_NO_PACKET_ENDS = -1
_MOST_SEGMENTS, _LONGEST = 255, 255
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def add_to_flac(flac: bytes, fields: Mapping[str, str], picture: Picture | None = None) -> bytes:
    """Return a FLAC file with these fields in the place of its comments, and a picture."""
    blocks, place = [], 4
    old, is_last = b"", False
    while not is_last:
        kind, size = flac[place] & ~_FLAC_LAST, int.from_bytes(flac[place + 1 : place + 4], "big")
        is_last = bool(flac[place] & _FLAC_LAST)
        body = flac[place + 4 : place + 4 + size]
        if kind == _FLAC_COMMENTS:
            old = body
        elif kind != _FLAC_PADDING:
            blocks.append((kind, body))
        place += 4 + size
    blocks.insert(1, (_FLAC_COMMENTS, _comments(fields, old)))
    if picture is not None:
        blocks.insert(2, (_FLAC_PICTURE, _picture_block(picture)))
    packed = [bytes([kind]) + len(body).to_bytes(3, "big") + body for kind, body in blocks]
    packed[-1] = bytes([packed[-1][0] | _FLAC_LAST]) + packed[-1][1:]
    return b"".join([flac[:4], *packed, flac[place:]])


def add_to_ogg(ogg: bytes, fields: Mapping[str, str], picture: Picture | None = None) -> bytes:
    """Return an Ogg file, of one Vorbis or Opus stream, with these fields in place of its comments.

    The packets of the headers are laid on pages anew; the pages of sound stay as they are but for
    their numbers.
    """
    if picture is not None:
        block = b64encode(_picture_block(picture)).decode("ascii")
        fields = {**fields, "METADATA_BLOCK_PICTURE": block}
    pages = list(read_pages(ogg))
    headers = 1 if pages[0].body.startswith(b"OpusHead") else 2
    packets: list[bytes] = []
    rest, count = b"", 1
    while len(packets) < headers:
        begin = 0
        for size in pages[count].segments:
            rest += pages[count].body[begin : begin + size]
            begin += size
            if size < _LONGEST:
                packets.append(rest)
                rest = b""
        count += 1
    kind, end = (_OPUS, b"") if headers == 1 else (_VORBIS, b"\x01")
    packets[0] = kind + _comments(fields, packets[0].removeprefix(kind)) + end
    first = pages[0]
    laid = [first, *_lay(packets, first.serial), *pages[count:]]
    return b"".join(page.pack(number) for number, page in enumerate(laid))


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an Ogg file, without its number."""

    flags: int
    granule: int
    serial: int
    segments: bytes
    body: bytes

    def pack(self, number: int) -> bytes:
        """Return the page as bytes, with its number and its checksum."""
        head = _PAGE.pack(b"OggS", 0, self.flags, self.granule, self.serial, number, 0)
        page = head + bytes([len(self.segments)]) + self.segments + self.body
        return page[:22] + struct.pack("<I", _checksum(page)) + page[26:]


def _comments(fields: Mapping[str, str], old: bytes) -> bytes:
    """Return comments with the name of the encoder that the old ones begin with."""
    vendor = old[4 : 4 + int.from_bytes(old[:4], "little")]
    entries = [
        f"{_name(name)}={value}".encode(errors="replace")
        for name, values in fields.items()
        for value in values.split("\0")
    ]
    lengths = (struct.pack("<I", len(entry)) + entry for entry in entries)
    head = struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(entries))
    return head + b"".join(lengths)


def _picture_block(picture: Picture) -> bytes:
    """Return a front cover as FLAC has it; its size and colours are left to who shows it."""
    mime_type, data = picture
    kind = struct.pack(">II", _FRONT_COVER, len(mime_type)) + mime_type.encode("ascii")
    no_description, no_size = bytes(4), bytes(16)
    return kind + no_description + no_size + struct.pack(">I", len(data)) + data


def _name(field: str) -> str:
    """Return a field's name in the characters that it may have."""
    name = field if field in _LOWER else _OTHER_NAMES.get(field, field.upper())
    return "".join(each for each in name if " " <= each <= "}" and each != "=") or "X"


def read_pages(ogg: bytes) -> Iterator[Page]:
    """Return the pages of an Ogg file that was just encoded."""
    place = 0
    while place < len(ogg):
        _, _, flags, granule, serial, _, _ = _PAGE.unpack_from(ogg, place)
        count = ogg[place + _PAGE.size]
        begin = place + _PAGE.size + 1
        segments = ogg[begin : begin + count]
        place = begin + count + sum(segments)
        yield Page(flags, granule, serial, segments, ogg[begin + count : place])


def _lay(packets: list[bytes], serial: int) -> Iterator[Page]:
    """Lay packets on pages, one behind the other."""
    segments = b"".join(
        b"\xff" * (len(packet) // _LONGEST) + bytes([len(packet) % _LONGEST]) for packet in packets
    )
    body, flags = b"".join(packets), 0
    for begin in range(0, len(segments), _MOST_SEGMENTS):
        part = segments[begin : begin + _MOST_SEGMENTS]
        size = sum(part)
        granule = 0 if min(part) < _LONGEST else _NO_PACKET_ENDS
        yield Page(flags, granule, serial, part, body[:size])
        body, flags = body[size:], _CONTINUED if part[-1] == _LONGEST else 0


def _checksum(page: bytes) -> int:
    """Return Ogg's CRC-32, which is zlib's with every byte, and the outcome, read backwards."""
    found = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{found:032b}"[::-1], 2)
