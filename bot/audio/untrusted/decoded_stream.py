"""The WAV stream that a decoder writes into a pipe: its header, then its samples, in blocks."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np

from bot.domain.generation import Samples

_FLOAT, _EXTENSIBLE = 3, 0xFFFE
_FORMAT_BYTES, _EXTENSIBLE_BYTES = 16, 40
_BYTES_PER_SAMPLE = 4
_MOST_CHANNELS = 64
_SLOWEST_HZ, _FASTEST_HZ = 1_000, 768_000
_MOST_HEADER_BYTES = 4096


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """What the header of a stream tells."""

    channels: int
    sample_rate_hz: int
    speakers: int
    """The channel mask of WAVEFORMATEXTENSIBLE; 0 where the places of the channels are unknown."""


class DecodedStream:
    """Float32 samples out of the chunks of a pipe, wherever those are cut."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    async def read_format(self) -> StreamFormat | None:
        """Read the header; None where the stream ends before it does. Raises ValueError."""
        while (found := _parse(self._rest)) is None:
            if len(self._rest) > _MOST_HEADER_BYTES:
                raise ValueError("no header of a WAV stream")
            if not (more := await anext(self._chunks, b"")):
                return None
            self._rest += more
        parsed, begin = found
        self._frame_bytes = _BYTES_PER_SAMPLE * parsed.channels
        self._rest = self._rest[begin:]
        return parsed

    async def blocks(self, frames: int) -> AsyncIterator[Samples]:
        """Yield samples [frames, channels], whole multiples of so many frames but for the last."""
        size = frames * self._frame_bytes
        async for chunk in self._chunks:
            self._rest += chunk
            if whole := len(self._rest) // size * size:
                yield self._samples(self._rest[:whole])
                self._rest = self._rest[whole:]
        if whole := len(self._rest) // self._frame_bytes * self._frame_bytes:
            yield self._samples(self._rest[:whole])

    def _samples(self, data: bytes) -> Samples:
        return np.frombuffer(data, dtype="<f4").reshape(-1, self._frame_bytes // _BYTES_PER_SAMPLE)


def _parse(head: bytes) -> tuple[StreamFormat, int] | None:
    """Return what a header says and where the samples begin; None where it isn't whole yet.

    The decoder is not trusted, and what it says decides how much is held in memory: raises
    ValueError for anything but float32 of so many channels at such a rate.
    """
    at, parsed = 12, None
    while len(head) >= at + 8:
        name, size = struct.unpack_from("<4sI", head, at)
        at += 8
        if name == b"data":
            return None if parsed is None else (parsed, at)
        if name == b"fmt " and len(head) >= at + size:
            parsed = _parse_format(head[at : at + size])
        at += size + size % 2
    return None


def _parse_format(chunk: bytes) -> StreamFormat:
    """Return what a format chunk says. Raises ValueError where that can't be."""
    if len(chunk) < _FORMAT_BYTES:
        raise ValueError("a format chunk that is too short")
    tag, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    is_known = tag == _FLOAT or (tag == _EXTENSIBLE and len(chunk) >= _EXTENSIBLE_BYTES)
    if not is_known or bits != 8 * _BYTES_PER_SAMPLE:
        raise ValueError(f"samples of kind {tag} with {bits} bits")
    if not (1 <= channels <= _MOST_CHANNELS and _SLOWEST_HZ <= rate_hz <= _FASTEST_HZ):
        raise ValueError(f"{channels} channels at {rate_hz} Hz")
    speakers = struct.unpack_from("<I", chunk, 20)[0] if tag == _EXTENSIBLE else 0
    return StreamFormat(channels, rate_hz, speakers)
