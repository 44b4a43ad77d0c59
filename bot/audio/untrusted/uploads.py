"""Decode uploads at the model's sample rate, in the sandbox."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from bot.audio.untrusted import scratch_folder, sniff
from bot.audio.untrusted.reading import Reading, read_end, read_start
from bot.audio.untrusted.sandbox import Limits
from bot.domain.generation import Sound

log = logging.getLogger(__name__)


class Uploads:
    """Decodes uploads one after the other."""

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
        # One at a time: processor time is for generation.
        self._turn = asyncio.Semaphore(1)

    async def read(self, data: bytes, *, keep_seconds: float) -> Sound:
        """Return the end of what sounds in a file, `keep_seconds` at most.

        Raises SoundError, with the sentence to show, and ResourceError where no file can be read.
        """
        await self._sweep()
        async with self._turn:
            end = await read_end(data, self._reading(data), keep_seconds=keep_seconds)
        return end.sound

    async def read_start(self, data: bytes, *, keep_seconds: float) -> Sound:
        """Return the start of a file from where it sounds, `keep_seconds` at most.

        Raises SoundError and ResourceError as `read` does.
        """
        await self._sweep()
        async with self._turn:
            return await read_start(data, self._reading(data), keep_seconds=keep_seconds)

    def _reading(self, data: bytes) -> Reading:
        return Reading(
            demuxer=sniff.identify(data).demuxer,
            channels=self._channels,
            sample_rate_hz=self._rate_hz,
            limits=self._limits,
            ffmpeg=self._ffmpeg,
        )

    async def _sweep(self) -> None:
        """Take away, once, what an earlier run had to leave."""
        if not self._swept:
            self._swept = True
            if swept := await asyncio.to_thread(scratch_folder.sweep):
                log.info("upload.swept folders=%d", swept)
