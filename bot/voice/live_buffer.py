"""A buffer of live music between the generating task and the player thread."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from dataclasses import dataclass

import numpy as np

from bot.audio.files.opus_packets import CHANNELS, RATE_HZ
from bot.audio.stream_fit import StreamFit
from bot.domain.generation import Floats, Sound
from bot.voice.thread_signals import set_from_thread

MOST_SECONDS = 6.0
"""The capacity of sound to be played: 2.3 MB."""
PAST_SECONDS = 12.0
"""How much played sound is kept (4.6 MB), to detect its beat at the end."""

_REFILLED_SAMPLES = round(1.0 * RATE_HZ)
_FADE_SAMPLES = round(0.01 * RATE_HZ)
"""How long it takes to fall silent before an underrun, and to rise after it."""
_PAST_SAMPLES = round(PAST_SECONDS * RATE_HZ)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BufferWindow:
    """Recently played and buffered sound as one, [samples, 2]."""

    samples: Floats
    begin: int
    """Its offset in the whole music, in samples."""


class LiveBuffer:
    """A `Playable` of unknown length; underruns are silent and counted."""

    def __init__(self) -> None:
        self._fit = StreamFit()
        self._lock = threading.Lock()
        self._waiting: deque[Floats] = deque()
        self._samples = 0
        self._past: deque[Floats] = deque()
        self._past_samples = 0
        self.taken_samples = 0
        """Played samples, without silence."""
        self._is_closed = False
        self._room = asyncio.Event()
        self._room.set()
        self._loop = asyncio.get_running_loop()
        self._level = _FADE_SAMPLES
        """The gain, in steps of a fade: 0 is silent."""
        self.fit_seconds = 0.0
        """The processor time of resampling and leveling."""
        self.missing_samples = 0
        """Samples of silence due to underruns."""

    @property
    def buffered_seconds(self) -> float:
        """Return how much is buffered."""
        return self._samples / RATE_HZ

    @property
    def left(self) -> int | None:
        """Return how many samples are left once it is closed; None before."""
        return self._samples if self._is_closed else None

    async def push(self, piece: Sound) -> None:
        """Append a piece, once there is room (backpressure); dropped once it is closed."""
        samples = await asyncio.to_thread(self._fitted, piece)
        while self.buffered_seconds >= MOST_SECONDS and not self._is_closed:
            self._room.clear()
            await self._room.wait()
        with self._lock:
            if not self._is_closed:
                self._waiting.append(samples)
                self._samples += len(samples)

    def close(self) -> None:
        """Accept no more; what is buffered is played."""
        with self._lock:
            self._is_closed = True
        self._room.set()

    @property
    def is_dry(self) -> bool:
        """Return whether it is silent because of an underrun, or fading before or after one."""
        return self._level < _FADE_SAMPLES

    def window(self) -> BufferWindow:
        """Return the sound around the playing position."""
        with self._lock:
            parts = [*self._past, *self._waiting]
            begin = self.taken_samples - self._past_samples
        empty = np.zeros((0, CHANNELS), np.float32)
        return BufferWindow(samples=np.concatenate([empty, *parts]), begin=begin)

    def take(self, samples: int) -> Floats:
        """Return the next samples; called by the player thread.

        After an underrun it stays silent until there is enough again: one gap, not many.
        """
        out = np.zeros((samples, CHANNELS), np.float32)
        at = 0
        with self._lock:
            gains = self._next_gains(samples)
            while at < len(gains) and self._waiting:
                part = self._waiting.popleft()
                used = part[: len(gains) - at]
                out[at : at + len(used)] = used * gains[at : at + len(used), None]
                at += len(used)
                self._remember(used)
                if len(used) < len(part):
                    self._waiting.appendleft(part[len(used) :])
            self._samples -= at
            self.taken_samples += at
            if at < len(gains) and not self._is_closed:
                self._level = 0
        if not self._room.is_set() and self.buffered_seconds < MOST_SECONDS:
            set_from_thread(self._loop, self._room)
        if at < samples and self._is_closed:
            return out[:at]
        self.missing_samples += samples - at
        return out

    def _next_gains(self, samples: int) -> Floats:
        """Return the gains of the next samples, only of those until it is silent.

        It falls while there is still enough left for that.
        """
        least = _REFILLED_SAMPLES if self._level == 0 else samples + _FADE_SAMPLES
        if self._is_closed or self._samples >= least:
            levels = np.minimum(self._level + np.arange(1, samples + 1), _FADE_SAMPLES)
            self._level = min(self._level + samples, _FADE_SAMPLES)
        else:
            levels = self._level - np.arange(1, min(samples, self._level) + 1)
            self._level -= len(levels)
        return levels.astype(np.float32) / _FADE_SAMPLES

    def _fitted(self, piece: Sound) -> Floats:
        begun = time.thread_time()
        try:
            return self._fit.take(piece)
        finally:
            self.fit_seconds += time.thread_time() - begun

    def _remember(self, part: Floats) -> None:
        self._past.append(part)
        self._past_samples += len(part)
        while self._past_samples > _PAST_SAMPLES:
            self._past_samples -= len(self._past.popleft())
