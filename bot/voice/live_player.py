"""Play live music on a radio: start it, replace it on a new prompt, fall back to clips."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.audio.files.opus_packets import RATE_HZ
from bot.voice.live_buffer import LiveBuffer
from bot.voice.live_ending import end_on_the_beat
from bot.voice.mixer import Mixer
from bot.voice.playable import PlayedTrack

log = logging.getLogger(__name__)

Words = tuple[tuple[str, float], ...]


class LiveMusic(Protocol):
    """Live music from a prompt."""

    sound: LiveBuffer

    async def run(self) -> None:
        """Generate until cancelled. Raises what ends it, such as WorkerLost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTimings:
    """Buffer thresholds and pauses of live music."""

    begin_seconds: float = 1.5
    back_seconds: float = 4.0
    """Buffer needed to return from a clip after an underrun."""
    low_seconds: float = 0.7
    """Buffer below which a clip takes over."""
    rest_seconds: float = 10.0
    """The least time of clips then; this much longer each time, up to `most_rest_seconds`."""
    most_rest_seconds: float = 60.0
    fade_seconds: float = 2.0
    look_seconds: float = 0.1
    pauses_seconds: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0, 30.0)
    """Pauses before a restart after failures."""


class _Generation:
    """A generation from one prompt, and its task."""

    def __init__(self, words: Words, music: LiveMusic) -> None:
        self.words, self.music, self.begun_at = words, music, time.monotonic()
        self.task = asyncio.create_task(music.run(), name="live music")

    @property
    def sound(self) -> LiveBuffer:
        return self.music.sound

    def end(self) -> None:
        """Stop generating; buffered sound is still played."""
        self.task.cancel()
        self.sound.close()


class LivePlayer:
    """Keeps live music in a mixer; clips play while there is none."""

    def __init__(
        self,
        mixer: Mixer,
        words: Words,
        begin: Callable[[Words], LiveMusic],
        timings: LiveTimings | None = None,
    ) -> None:
        """Take the mixer, the prompt, and the function that starts music from one."""
        self.words = words
        self._mixer, self._begin = mixer, begin
        self._timings = timings or LiveTimings()
        self._now: _Generation | None = None
        self._coming: _Generation | None = None
        self._failures, self._has_failed = 0, False
        self._not_before = self._rests_until = self._heard_since = 0.0
        self._lows = 0
        self.error: BaseException | None = None
        """The error that ended generation, until it runs again."""
        self.times_low = 0
        """How many underruns a clip had to cover."""
        self._missing_samples, self._fit_seconds = 0, 0.0
        self._endings: set[asyncio.Task[bool]] = set()
        self._generating: set[asyncio.Task[None]] = set()

    @property
    def is_heard(self) -> bool:
        """Return whether live music is playing."""
        return self._now is not None and self._mixer.now is self._now.sound

    @property
    def missing_seconds(self) -> float:
        """Return the seconds of silence due to underruns."""
        now = self._now.sound.missing_samples if self._now is not None else 0
        return (self._missing_samples + now) / RATE_HZ

    @property
    def fit_seconds(self) -> float:
        """Return the processor time of resampling and leveling."""
        return self._fit_seconds + (self._now.sound.fit_seconds if self._now is not None else 0)

    async def run(self) -> None:
        """Run until cancelled, and until what it has begun has ended."""
        try:
            while True:
                self._renew()
                self._bring_in()
                self._give_way()
                await asyncio.sleep(self._timings.look_seconds)
        finally:
            for generation in (self._now, self._coming):
                if generation is not None:
                    generation.end()
            for ending in self._endings:
                ending.cancel()
            await asyncio.gather(*self._endings, *self._generating, return_exceptions=True)

    def _renew(self) -> None:
        """Start generating from the wanted prompt, if that is not being done."""
        coming = self._coming
        # A pending generation is played first, even if there is a newer prompt: else nothing would
        # change while people steer faster than music is generated.
        if coming is not None and coming.task.done():
            self._note_failure(coming)
            coming.end()
            self._coming = None
        if self._now is not None and self._now.task.done():
            self._note_failure(self._now)
            self._end_now()
        is_wanted = self._now is None or self._now.words != self.words
        if is_wanted and self._coming is None and time.monotonic() >= self._not_before:
            self._coming = _Generation(self.words, self._begin(self.words))
            self._generating.add(self._coming.task)
            self._coming.task.add_done_callback(self._generating.discard)

    def _end_now(self) -> None:
        if self._now is None:
            return
        sound, then = self._now.sound, self._mixer.next
        self._missing_samples += sound.missing_samples
        self._fit_seconds += sound.fit_seconds
        self._now.end()
        self._now = None
        if self._mixer.now is sound and isinstance(then, PlayedTrack):
            ending = asyncio.create_task(
                end_on_the_beat(
                    self._mixer, sound, then.track, is_wanted=lambda: self._mixer.next is then
                ),
                name="end of live music",
            )
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)

    def _bring_in(self) -> None:
        """Play what is buffered enough: a new prompt at once, after an underrun later."""
        coming = self._coming
        timings = self._timings
        # After an underrun the clip continues until the buffer is larger.
        is_late = self._has_failed and self._mixer.now is not None
        least = timings.back_seconds if is_late else timings.begin_seconds
        if coming is not None and coming.sound.buffered_seconds >= least:
            self._mixer.play_next(coming.sound, at_once=True, fade_seconds=timings.fade_seconds)
            self._end_now()
            self._now, self._coming, self._has_failed = coming, None, False
            self.error = None
            self._heard_since = time.monotonic()
            log.info("radio.live_heard after=%.2f", self._heard_since - coming.begun_at)
        elif (
            self._now is not None
            and not self.is_heard
            and self._now.sound.buffered_seconds >= timings.back_seconds
            and time.monotonic() >= self._rests_until
        ):
            self._heard_since = time.monotonic()
            self._mixer.play_next(self._now.sound, at_once=True, fade_seconds=timings.fade_seconds)

    def _give_way(self) -> None:
        """Blend into a clip before an underrun, if there is one."""
        now = self._now
        is_low = now is not None and now.sound.buffered_seconds < self._timings.low_seconds
        if is_low and self.is_heard and not self._mixer.wants_next:
            timings, at = self._timings, time.monotonic()
            # Backoff: frequent switching disturbs, so each rest is longer.
            if at - self._heard_since > timings.most_rest_seconds:
                self._lows = 0
            self._lows += 1
            rest = min(timings.most_rest_seconds, timings.rest_seconds * self._lows)
            self._rests_until = at + rest
            self.times_low += 1
            log.info("radio.live_low times=%d", self.times_low)
            self._mixer.skip()

    def _note_failure(self, generation: _Generation) -> None:
        self.error = error = None if generation.task.cancelled() else generation.task.exception()
        pauses, at = self._timings.pauses_seconds, time.monotonic()
        if generation is self._now and at - self._heard_since > self._timings.most_rest_seconds:
            self._failures = 0
        # The failed generation's underruns say nothing about the next one.
        self._has_failed, self._lows = True, 0
        pause = pauses[min(self._failures, len(pauses) - 1)]
        self._failures += 1
        self._not_before = at + pause
        log.warning("radio.live_ended again_in=%.0f %r", pause, error)
