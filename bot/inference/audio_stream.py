"""A stream of a job's audio for one subscriber, while the job is being generated."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from bot.domain.generation import Sound

MAX_SECONDS = 60.0
"""How much sound is buffered for a subscriber: 15 MB of stereo at 32 kHz."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedAudio:
    """A stretch of a job's sound; `first_sample` is its offset in the whole."""

    first_sample: int
    sound: Sound


class AudioStream:
    """An async iterator over a job's audio, which ends when the job does.

    Backpressure: beyond `max_seconds` the oldest audio is dropped, seen as a gap between one
    `first_sample` and the next. Of endless music nothing is dropped: it is generated no further
    ahead than its slowest subscriber reads. Raises the error that ended the job, if any.
    """

    def __init__(
        self,
        *,
        max_seconds: float | None = MAX_SECONDS,
        note_taken: Callable[[], None] = lambda: None,
        taken_seconds: float = 0.0,
    ) -> None:
        """Start empty; `note_taken` is called when audio is read, and when the stream is closed."""
        self.dropped_seconds = 0.0
        self.taken_seconds = taken_seconds
        """Seconds of the job that were read from this stream, or generated before it began."""
        self._max_seconds, self._note_taken = max_seconds, note_taken
        self._waiting: deque[StreamedAudio] = deque()
        self._waiting_seconds = 0.0
        self._is_closed = False
        self._error: BaseException | None = None
        self._changed = asyncio.Event()

    @property
    def is_closed(self) -> bool:
        """Return whether the stream accepts no more audio."""
        return self._is_closed

    def push(self, audio: StreamedAudio) -> None:
        """Append the next stretch; ignored once the stream is closed."""
        if self._is_closed:
            return
        self._waiting.append(audio)
        self._waiting_seconds += audio.sound.seconds
        most = self._max_seconds
        while most is not None and self._waiting_seconds > most and len(self._waiting) > 1:
            self.dropped_seconds += self._take().sound.seconds
        self._changed.set()

    def close(self, error: BaseException | None = None) -> None:
        """Accept no more audio; what is buffered can still be read, then the error is raised.

        Idempotent. A reader that stops early must call it, so that the worker does not wait for it.
        """
        if self._is_closed:
            return
        self._is_closed, self._error = True, error
        self._changed.set()
        self._note_taken()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> StreamedAudio:
        while not self._waiting:
            if self._is_closed:
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        audio = self._take()
        self._note_taken()
        return audio

    def _take(self) -> StreamedAudio:
        audio = self._waiting.popleft()
        self._waiting_seconds -= audio.sound.seconds
        rate = audio.sound.sample_rate_hz
        self.taken_seconds = (audio.first_sample + audio.sound.samples.shape[1]) / rate
        return audio
