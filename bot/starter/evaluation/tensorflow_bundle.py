"""Reads the tensors of a TensorFlow checkpoint without TensorFlow.

A checkpoint is an index, which is a sorted table of blocks as LevelDB writes them, and a file of
data. Sources: LevelDB's table_format.md; TensorFlow's tensor_bundle.proto.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bot.domain.generation import Floats

_FOOTER_BYTES = 48
_FLOAT = 1


def read_bundle(folder: Path) -> dict[str, Floats]:
    """Return the single-precision tensors of a checkpoint by name, without those of its optimizer.

    Raises ValueError where the files are none.
    """
    index, data = (next(iter(folder.glob(each)), None) for each in ("*.index", "*.data-*"))
    if index is None or data is None:
        raise ValueError(f"no checkpoint in {folder}")
    stored, tensors = data.read_bytes(), {}
    for name, entry in _entries(index.read_bytes()):
        numbers, messages = _fields(entry)
        if not name or b"Adam" in name or numbers.get(1) != _FLOAT:
            continue
        _, sizes = _fields(messages[0][1])
        shape = [_fields(size)[0].get(1, 0) for field, size in sizes if field == 2]
        offset = numbers.get(4, 0)
        values = np.frombuffer(stored[offset : offset + numbers[5]], "<f4")
        tensors[name.decode()] = values.reshape(shape).astype(np.float32)
    return tensors


def _entries(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of a sorted table, in order."""
    if len(table) < _FOOTER_BYTES:
        raise ValueError("not a table")
    footer = table[-_FOOTER_BYTES:]
    _, place = _varint(footer, 0)
    _, place = _varint(footer, place)
    offset, place = _varint(footer, place)
    size, _ = _varint(footer, place)
    for _, handle in _block(table, offset, size):
        start, place = _varint(handle, 0)
        yield from _block(table, start, _varint(handle, place)[0])


def _block(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    if table[offset + size] != 0:
        raise ValueError("a compressed block")
    block = table[offset : offset + size]
    restarts = struct.unpack("<I", block[-4:])[0]
    end, place, key = len(block) - 4 * (restarts + 1), 0, b""
    while place < end:
        shared, place = _varint(block, place)
        own, place = _varint(block, place)
        length, place = _varint(block, place)
        key = key[:shared] + block[place : place + own]
        place += own
        yield key, block[place : place + length]
        place += length


def _fields(message: bytes) -> tuple[dict[int, int], list[tuple[int, bytes]]]:
    """Return the numbers of a protocol buffer by field, and its inner messages."""
    numbers: dict[int, int] = {}
    messages: list[tuple[int, bytes]] = []
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        kind = tag & 7
        if kind == 0:
            numbers[tag >> 3], place = _varint(message, place)
        elif kind == 2:
            length, place = _varint(message, place)
            messages.append((tag >> 3, message[place : place + length]))
            place += length
        else:
            place += 4 if kind == 5 else 8
    return numbers, messages


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, lowest first, and the place after it."""
    value, shift = 0, 0
    while True:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
