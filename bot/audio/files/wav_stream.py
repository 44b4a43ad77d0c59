"""A WAV file written while it is made, whose length is not known when it begins.

Knows no loudness of the whole: the gain is fixed at 1, and a memoryless limiter rounds off peaks.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bot.audio.int16 import to_int16
from bot.audio.limiter import limit_peaks
from bot.domain.generation import Samples

UNKNOWN_LENGTH = 0xFFFFFFFF
"""Stands for a length that players read to the end of the stream."""

_PCM = 1


def wav_header(sample_rate_hz: int, channels: int) -> bytes:
    """Return the header of a 16-bit PCM WAV file of unknown length."""
    frame_bytes = 2 * channels
    form = struct.pack(
        "<4sIHHIIHH",
        b"fmt ",
        16,
        _PCM,
        channels,
        sample_rate_hz,
        sample_rate_hz * frame_bytes,
        frame_bytes,
        16,
    )
    head = struct.pack("<4sI4s", b"RIFF", UNKNOWN_LENGTH, b"WAVE")
    return head + form + struct.pack("<4sI", b"data", UNKNOWN_LENGTH)


def to_pcm(samples: Samples) -> NDArray[np.int16]:
    """Return samples [channels, samples] as interleaved 16-bit PCM [samples, channels].

    No peak clips; what is no number is silence.
    """
    limited = limit_peaks(np.nan_to_num(samples, nan=0.0))
    return np.ascontiguousarray(to_int16(limited).T.astype("<i2"))


class WavStream:
    """Writes the header at once, and then sound as it comes."""

    def __init__(
        self, write: Callable[[bytes], None], *, sample_rate_hz: int, channels: int
    ) -> None:
        """Take what writes bytes for good, such as to a pipe."""
        self.sample_rate_hz = sample_rate_hz
        self._write = write
        write(wav_header(sample_rate_hz, channels))

    def append(self, samples: Samples) -> None:
        """Write the next samples [channels, samples]."""
        self._write(to_pcm(samples).tobytes())
