"""Live music on the radio: brought in, renewed from other words, and given a rest by clips."""

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
    """Music that is made from words."""

    sound: LiveBuffer

    async def run(self) -> None:
        """Make it until cancelled. Raises what keeps it from being made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTimings:
    """How much of it is there before it is heard, and when it gives way."""

    begin_seconds: float = 1.5
    back_seconds: float = 4.0
    """After it could not keep up, or ended, and a clip plays."""
    low_seconds: float = 0.7
    """With less than this left a clip takes its place."""
    rest_seconds: float = 10.0
    """How long clips play then at least; longer each time, at most `most_rest_seconds`."""
    most_rest_seconds: float = 60.0
    fade_seconds: float = 2.0
    look_seconds: float = 0.1
    pauses_seconds: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0, 30.0)
    """Before it is begun again after a failure."""


class _Take:
    """Music from some words, and the task that makes it."""

    def __init__(self, words: Words, music: LiveMusic) -> None:
        self.words, self.music, self.begun_at = words, music, time.monotonic()
        self.task = asyncio.create_task(music.run(), name="live music")

    @property
    def sound(self) -> LiveBuffer:
        return self.music.sound

    def end(self) -> None:
        """Make no more; what is there is still played."""
        self.task.cancel()
        self.sound.close()


class LivePlayer:
    """Keeps live music in a mixer, whose clips play while there is none."""

    def __init__(
        self,
        mixer: Mixer,
        words: Words,
        begin: Callable[[Words], LiveMusic],
        timings: LiveTimings | None = None,
    ) -> None:
        """Take where it plays, from which words, and what begins to make music from some."""
        self.words = words
        self._mixer, self._begin = mixer, begin
        self._timings = timings or LiveTimings()
        self._now: _Take | None = None
        self._coming: _Take | None = None
        self._failures, self._has_failed = 0, False
        self._not_before = self._rests_until = self._heard_since = 0.0
        self._lows = 0
        self.error: BaseException | None = None
        """What kept it from being made, until it is made again."""
        self.times_low = 0
        """How often a clip had to take its place."""
        self._missing_samples, self._fit_seconds = 0, 0.0
        self._ending: asyncio.Task[bool] | None = None

    @property
    def is_heard(self) -> bool:
        """Return whether live music is what sounds."""
        return self._now is not None and self._mixer.now is self._now.sound

    @property
    def missing_seconds(self) -> float:
        """Return how much silence was heard for want of music."""
        now = self._now.sound.missing_samples if self._now is not None else 0
        return (self._missing_samples + now) / RATE_HZ

    @property
    def fit_seconds(self) -> float:
        """Return what bringing the music to what is played has taken of the processor."""
        return self._fit_seconds + (self._now.sound.fit_seconds if self._now is not None else 0)

    async def run(self) -> None:
        """Go on until cancelled."""
        try:
            while True:
                self._renew()
                self._bring_in()
                self._give_way()
                await asyncio.sleep(self._timings.look_seconds)
        finally:
            for take in (self._now, self._coming):
                if take is not None:
                    take.end()
            if self._ending is not None:
                self._ending.cancel()
                await asyncio.gather(self._ending, return_exceptions=True)

    def _renew(self) -> None:
        """Begin to make what is wanted and not being made."""
        coming = self._coming
        # What is coming is heard first, even if there are newer words: else it would never change
        # while people change them faster than music is made.
        if coming is not None and coming.task.done():
            self._note_failure(coming)
            coming.end()
            self._coming = None
        if self._now is not None and self._now.task.done():
            self._note_failure(self._now)
            self._end_now()
        is_wanted = self._now is None or self._now.words != self.words
        if is_wanted and self._coming is None and time.monotonic() >= self._not_before:
            self._coming = _Take(self.words, self._begin(self.words))

    def _end_now(self) -> None:
        if self._now is None:
            return
        sound, then = self._now.sound, self._mixer.next
        self._missing_samples += sound.missing_samples
        self._fit_seconds += sound.fit_seconds
        self._now.end()
        self._now = None
        if self._mixer.now is sound and isinstance(then, PlayedTrack):
            ending = end_on_the_beat(self._mixer, sound, then.track)
            self._ending = asyncio.create_task(ending, name="end of live music")

    def _bring_in(self) -> None:
        """Let what is ready be heard: new words at once, what was low once it has caught up."""
        coming = self._coming
        timings = self._timings
        # A clip can go on until there is enough for it not to be low again at once.
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
        """Go over into a clip before there is a gap, where there is a clip."""
        now = self._now
        is_low = now is not None and now.sound.buffered_seconds < self._timings.low_seconds
        if is_low and self.is_heard and not self._mixer.wants_next:
            timings, at = self._timings, time.monotonic()
            # Who comes and goes all the time disturbs: it stays away longer each time.
            if at - self._heard_since > timings.most_rest_seconds:
                self._lows = 0
            self._lows += 1
            rest = min(timings.most_rest_seconds, timings.rest_seconds * self._lows)
            self._rests_until = at + rest
            self.times_low += 1
            log.info("radio.live_low times=%d", self.times_low)
            self._mixer.skip()

    def _note_failure(self, take: _Take) -> None:
        self.error = error = None if take.task.cancelled() else take.task.exception()
        pauses, at = self._timings.pauses_seconds, time.monotonic()
        if take is self._now and at - self._heard_since > self._timings.most_rest_seconds:
            self._failures = 0
        # What was slow is gone; what comes may keep up.
        self._has_failed, self._lows = True, 0
        pause = pauses[min(self._failures, len(pauses) - 1)]
        self._failures += 1
        self._not_before = at + pause
        log.warning("radio.live_ended again_in=%.0f %r", pause, error)
