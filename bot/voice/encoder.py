"""Encode played audio as Opus packets: by the system's libopus, else by libsndfile.

libsndfile takes four times the processor time, but is always installed.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from typing import Protocol

import discord

from bot.audio.files.opus_packets import FRAME_SAMPLES, OpusEncoder
from bot.audio.int16 import to_int16
from bot.domain.generation import Floats

log = logging.getLogger(__name__)

# By file name: ctypes' search would run other programs and block the event loop.
LIBRARIES = ("libopus.so.0", "libopus.0.dylib")


class FrameEncoder(Protocol):
    """Encodes a stream of frames."""

    def encode(self, frame: Floats) -> list[bytes]:
        """Take the next 20 ms, [960, 2] in [-1, 1]; return the packets that are ready."""


class LibopusEncoder:
    """Codes each frame as one packet. Raises OpusNotLoaded where there is no libopus."""

    def __init__(self) -> None:
        # Forward error correction triples the processor time, without benefit for music.
        self._encoder = discord.opus.Encoder(fec=False, signal_type="music")

    def encode(self, frame: Floats) -> list[bytes]:
        """Take the next 20 ms, [960, 2] in [-1, 1]; return its packet."""
        return [self._encoder.encode(to_int16(frame).tobytes(), FRAME_SAMPLES)]


def open_encoder(libraries: Sequence[str] = LIBRARIES) -> FrameEncoder:
    """Return the fastest available encoder."""
    for name in libraries:
        with contextlib.suppress(OSError):
            discord.opus.load_opus(name)
            return LibopusEncoder()
    log.info("voice.no_libopus libsndfile takes its place")
    return OpusEncoder()
