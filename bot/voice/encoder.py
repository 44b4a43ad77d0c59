"""Opus packets of what is played: by the machine's libopus where it has one, else by libsndfile.

libsndfile takes four times the processor for the same sound, but is always there.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from typing import Protocol

import discord
import numpy as np

from bot.audio.files.opus_packets import FRAME_SAMPLES, OpusEncoder
from bot.domain.generation import Floats

log = logging.getLogger(__name__)

# By name: a search for it would start other programs while everybody waits.
LIBRARIES = ("libopus.so.0", "libopus.0.dylib")
_FULL = np.float32(32767)


class FrameEncoder(Protocol):
    """Codes a stream of frames."""

    def encode(self, frame: Floats) -> list[bytes]:
        """Take the next 20 ms, [960, 2] in [-1, 1]; return the packets that are ready."""


class LibopusEncoder:
    """Codes each frame as one packet. Raises OpusNotLoaded where there is no libopus."""

    def __init__(self) -> None:
        # Room for the next packet in this one triples the processor, and music gains nothing.
        self._encoder = discord.opus.Encoder(fec=False, signal_type="music")

    def encode(self, frame: Floats) -> list[bytes]:
        """Take the next 20 ms, [960, 2] in [-1, 1]; return its packet."""
        samples = (frame * _FULL).astype(np.int16).tobytes()
        return [self._encoder.encode(samples, FRAME_SAMPLES)]


def open_encoder(libraries: Sequence[str] = LIBRARIES) -> FrameEncoder:
    """Return the quickest encoder that the machine has."""
    for name in libraries:
        with contextlib.suppress(OSError):
            discord.opus.load_opus(name)
            return LibopusEncoder()
    log.info("voice.no_libopus libsndfile takes its place")
    return OpusEncoder()
