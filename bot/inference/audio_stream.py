"""The audio of a job for one subscriber, while the job is being generated."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Self

from bot.domain.generation import Sound

MAX_SECONDS = 60.0
"""How much sound waits for a subscriber: 15 MB of stereo at 32 kHz."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedAudio:
    """A stretch of a job's sound, which begins at `first_sample` of the whole."""

    first_sample: int
    sound: Sound


class AudioStream:
    """An async iterator over a job's audio, which ends when the job does.

    A slow subscriber holds nobody up: beyond `max_seconds` the oldest audio is dropped, which shows
    as a gap between one `first_sample` and the next.
    """

    def __init__(self, *, max_seconds: float = MAX_SECONDS) -> None:
        """Start empty and open."""
        self.dropped_seconds = 0.0
        self._max_seconds = max_seconds
        self._waiting: deque[StreamedAudio] = deque()
        self._waiting_seconds = 0.0
        self._is_closed = False
        self._changed = asyncio.Event()

    def push(self, audio: StreamedAudio) -> None:
        """Add the next stretch; changes nothing once the stream is closed."""
        if self._is_closed:
            return
        self._waiting.append(audio)
        self._waiting_seconds += audio.sound.seconds
        while self._waiting_seconds > self._max_seconds and len(self._waiting) > 1:
            self.dropped_seconds += self._take().sound.seconds
        self._changed.set()

    def close(self) -> None:
        """Accept no more; what is waiting can still be read. Idempotent."""
        self._is_closed = True
        self._changed.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> StreamedAudio:
        while not self._waiting:
            if self._is_closed:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        return self._take()

    def _take(self) -> StreamedAudio:
        audio = self._waiting.popleft()
        self._waiting_seconds -= audio.sound.seconds
        return audio
