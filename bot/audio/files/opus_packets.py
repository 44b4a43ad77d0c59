"""Sound as Opus packets of 20 ms, as voice channels take it, coded by libsndfile alone.

libsndfile writes Ogg pages, of which the packets are taken. Sources: RFC 3533 (Ogg), RFC 7845
(Opus in Ogg).
"""

from __future__ import annotations

import contextlib

import soundfile

from bot.domain.generation import Floats

RATE_HZ, CHANNELS, FRAME_SAMPLES = 48_000, 2, 960
"""What a packet holds: 20 ms of stereo."""

# Of libsndfile; a page is 1 s where nothing is said, and packets come a page at a time.
_SET_PAGE_LATENCY_MS, _PAGE_MS = 0x1302, 50.0
_PAGE_HEADER_BYTES, _PAGE, _WHOLE_SEGMENT = 27, b"OggS", 255
_HEADERS = (b"OpusHead", b"OpusTags")


class OpusEncoder:
    """Codes a stream frame by frame."""

    def __init__(self) -> None:
        self._pages = _Pages()
        self._file = soundfile.SoundFile(
            self._pages, "w", RATE_HZ, CHANNELS, format="OGG", subtype="OPUS"
        )
        # soundfile has no name for it. Without it a skip would only be heard up to 1 s later.
        with contextlib.suppress(AttributeError):
            wanted = soundfile._ffi.new("double *", _PAGE_MS)
            soundfile._snd.sf_command(
                self._file._file, _SET_PAGE_LATENCY_MS, wanted, soundfile._ffi.sizeof("double")
            )

    def encode(self, frame: Floats) -> list[bytes]:
        """Take the next 20 ms, [960, 2] in [-1, 1]; return the packets that are ready: often none.

        They come a few at a time.
        """
        self._file.write(frame)
        return self._pages.take_packets()

    def close(self) -> None:
        """Let go of the encoder."""
        self._file.close()


class _Pages:
    """A file that only its writer reads back, as packets."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._unfinished = b""
        self._place = 0

    def write(self, data: bytes) -> int:
        self._waiting += bytes(data)
        self._place += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        # libsndfile asks where it is, and goes nowhere else.
        self._place = offset if whence == 0 else self._place + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def take_packets(self) -> list[bytes]:
        """Return the packets of all whole pages."""
        packets: list[bytes] = []
        data = self._waiting
        while len(data) >= _PAGE_HEADER_BYTES:
            assert data[:4] == _PAGE, "no Ogg page"
            lengths = data[_PAGE_HEADER_BYTES : _PAGE_HEADER_BYTES + data[26]]
            begin = _PAGE_HEADER_BYTES + data[26]
            end = begin + sum(lengths)
            if len(data) < end:
                break
            for length in lengths:
                self._unfinished += bytes(data[begin : begin + length])
                begin += length
                if length < _WHOLE_SEGMENT:
                    packets.append(self._unfinished)
                    self._unfinished = b""
            del data[:end]
        return [each for each in packets if each[:8] not in _HEADERS]
