"""Opus packets of 20 ms in an Ogg stream, for browsers and libsndfile. RFC 3533 and 7845."""

from __future__ import annotations

import struct
from collections.abc import Sequence

PACKET_SAMPLES = 960
_RATE_HZ, _CHANNELS = 48_000, 2
_SERIAL = 1
_FIRST, _LAST = 2, 4
_POLYNOMIAL = 0x04C11DB7


def _checksum_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 ^ (_POLYNOMIAL if value & 0x80000000 else 0)) & 0xFFFFFFFF
        table.append(value)
    return tuple(table)


_TABLE = _checksum_table()


def _checksum(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ _TABLE[value >> 24 ^ byte]
    return value


class OggPages:
    """Writes the pages of one stream."""

    def __init__(self) -> None:
        self._number = self._samples = 0

    def headers(self) -> bytes:
        """Return the two header pages."""
        head = struct.pack("<8sBBHIhB", b"OpusHead", 1, _CHANNELS, 0, _RATE_HZ, 0, 0)
        tags = b"OpusTags" + struct.pack("<I6sI", 6, b"Zhiyin", 0)
        return self._page([head], flags=_FIRST) + self._page([tags])

    def page(self, packets: Sequence[bytes], *, is_last: bool = False) -> bytes:
        """Return the next page, with the given packets."""
        self._samples += PACKET_SAMPLES * len(packets)
        return self._page(packets, flags=_LAST if is_last else 0)

    def _page(self, packets: Sequence[bytes], flags: int = 0) -> bytes:
        lacing = b"".join(
            b"\xff" * (len(each) // 255) + bytes([len(each) % 255]) for each in packets
        )
        assert len(lacing) < 256, "too much for a page"
        head = struct.pack("<4sBBqIII", b"OggS", 0, flags, self._samples, _SERIAL, self._number, 0)
        page = bytearray(head + bytes([len(lacing)]) + lacing + b"".join(packets))
        page[22:26] = struct.pack("<I", _checksum(bytes(page)))
        self._number += 1
        return bytes(page)


def ogg_of(packets: Sequence[bytes]) -> bytes:
    """Return packets as a complete file."""
    pages = OggPages()
    parts = [pages.headers()]
    for at in range(0, len(packets), 10):
        part = packets[at : at + 10]
        parts.append(pages.page(part, is_last=at + 10 >= len(packets)))
    return b"".join(parts)
