"""Pack codes as bytes, for storage and for tags in files.

Files may come from anyone: sizes are checked before unpacking, and anything that does not match
exactly is ignored. The caller checks whether they fit a model.

Version 1: ZHYC, the version, the codebooks, 8 bytes of fingerprint, the frames in 4 bytes, then
deflated the codes of each codebook after the other, as 16 bits each, all big-endian.
"""

from __future__ import annotations

import base64
import binascii
import struct
import zlib

import numpy as np

from bot.domain.generation import Codes

MOST_BYTES = 2**19
"""No clip of ours takes more, packed."""

_HEADER = struct.Struct(">4sBB8sI")
_MAGIC, _VERSION = b"ZHYC", 1
_MOST_CODEBOOKS, _MOST_FRAMES = 16, 30_000
_NUMBERS = np.dtype(">u2")


def pack_codes(codes: Codes) -> bytes | None:
    """Return codes as bytes; None for a clip that is longer than any that is made."""
    books, frames = codes.tokens.shape
    if books > _MOST_CODEBOOKS or not 0 < frames <= _MOST_FRAMES:
        return None
    fingerprint = bytes.fromhex(codes.fingerprint)
    header = _HEADER.pack(_MAGIC, _VERSION, books, fingerprint, frames)
    data = header + zlib.compress(codes.tokens.astype(_NUMBERS).tobytes(), 9)
    return data if len(data) <= MOST_BYTES else None


def unpack_codes(data: bytes) -> Codes | None:
    """Return codes from bytes, which anyone may have written; None where they are none."""
    if not _HEADER.size < len(data) <= MOST_BYTES:
        return None
    magic, version, books, fingerprint, frames = _HEADER.unpack_from(data)
    if (magic, version) != (_MAGIC, _VERSION):
        return None
    if not 0 < books <= _MOST_CODEBOOKS or not 0 < frames <= _MOST_FRAMES:
        return None
    length = books * frames * _NUMBERS.itemsize
    inflating = zlib.decompressobj()
    try:
        # A byte more than there should be would come out, and no more of what is hidden in them.
        numbers = inflating.decompress(data[_HEADER.size :], length + 1)
    except zlib.error:
        return None
    if len(numbers) != length or not inflating.eof or inflating.unused_data:
        return None
    tokens = np.frombuffer(numbers, _NUMBERS).reshape(books, frames).astype(np.int32)
    return Codes(tokens=tokens, fingerprint=fingerprint.hex())


def as_text(data: bytes) -> str:
    """Return packed codes as a tag holds them."""
    return base64.b64encode(data).decode("ascii")


def from_text(text: str) -> Codes | None:
    """Return codes from a tag, which anyone may have written; None where they are none."""
    # Four letters for three bytes.
    if len(text) > 4 * MOST_BYTES // 3 + 4:
        return None
    try:
        return unpack_codes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None
