"""What people send, as sound that a model can go on from."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np

from bot.audio.untrusted import ffmpeg_decoder, scratch, sniff
from bot.audio.untrusted.isolation import Limits
from bot.domain.generation import Samples, Sound
from bot.errors import SoundError
from bot.i18n.sentence import Sentence

log = logging.getLogger(__name__)

MAX_SECONDS = 600.0
"""How much of a file is listened to at all."""

NO_SOUND = ffmpeg_decoder.NO_TRACK
SILENT = Sentence(
    "Only silence can be heard at the end of this file, and that is where a clip would continue."
)
TOO_SHORT = Sentence("This is shorter than a tenth of a second.")
NOT_NUMBERS = Sentence("This file is damaged: it has samples that are not numbers.")

_MIN_SECONDS = 0.1
_BYTES_PER_SAMPLE = 4
_SILENCE = 1e-4
"""How far from its own mean a silent sound may stray, RMS: 80 dB below the loudest there is."""


class Uploads:
    """Reads uploads, one after the other, at a model's rate."""

    def __init__(
        self,
        *,
        sample_rate_hz: int,
        channels: int,
        limits: Limits | None = None,
        ffmpeg: Path | None = None,
    ) -> None:
        self._rate_hz, self._channels = sample_rate_hz, channels
        self._limits, self._ffmpeg = limits, ffmpeg
        self._swept = False
        # One at a time: the processor belongs to the music.
        self._turn = asyncio.Semaphore(1)

    async def read(self, data: bytes, *, keep_seconds: float) -> Sound:
        """Return the end of what is heard in a file, `keep_seconds` at the most.

        Raises SoundError, with the sentence to show, and ResourceError where no file can be read.
        """
        await self._sweep()
        container = sniff.identify(data)
        decoding = ffmpeg_decoder.Decoding(
            demuxer=container.demuxer,
            sample_rate_hz=self._rate_hz,
            channels=self._channels,
            max_seconds=MAX_SECONDS,
        )
        decoded = ffmpeg_decoder.decoded(data, decoding, self._limits, self._ffmpeg)
        async with self._turn, decoded as chunks:
            end = await self._end_of(chunks, keep_seconds)
        samples = np.frombuffer(end, dtype="<f4").reshape(-1, self._channels).T
        return Sound(samples=_checked(samples, self._rate_hz), sample_rate_hz=self._rate_hz)

    async def _sweep(self) -> None:
        """Take away, once, what an earlier run had to leave."""
        if not self._swept:
            self._swept = True
            if swept := await asyncio.to_thread(scratch.sweep):
                log.info("upload.swept folders=%d", swept)

    async def _end_of(self, chunks: AsyncIterator[bytes], keep_seconds: float) -> bytes:
        """Read everything and hold no more than is wanted."""
        frame_bytes = _BYTES_PER_SAMPLE * self._channels
        wanted = max(1, round(keep_seconds * self._rate_hz)) * frame_bytes
        most = round((MAX_SECONDS + 1) * self._rate_hz) * frame_bytes
        held: deque[bytes] = deque()
        held_bytes = total = 0
        async for chunk in chunks:
            held.append(chunk)
            held_bytes += len(chunk)
            total += len(chunk)
            while held_bytes - len(held[0]) >= wanted:
                held_bytes -= len(held.popleft())
            if total > most:
                log.info("upload.stopped limit=output")
                raise SoundError(ffmpeg_decoder.TOO_LONG)
        whole = total // frame_bytes * frame_bytes
        joined = b"".join(held)
        joined = joined[: len(joined) - (total - whole)]
        return joined[-wanted:]


def _checked(samples: Samples, rate_hz: int) -> Samples:
    if samples.shape[1] == 0:
        raise SoundError(NO_SOUND)
    if not np.isfinite(samples).all():
        raise SoundError(NOT_NUMBERS)
    if samples.shape[1] < _MIN_SECONDS * rate_hz:
        raise SoundError(TOO_SHORT)
    # A constant is as silent as nought, however far from it.
    if float(samples.std(axis=1, dtype=np.float64).max()) < _SILENCE:
        raise SoundError(SILENT)
    return np.ascontiguousarray(samples.clip(-1.0, 1.0), dtype=np.float32)
