"""Mix the audio of a voice channel, 20 ms at a time; endless, with silence in gaps.

Frames are taken by the player thread, everything else is called on the event loop.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bot.audio.files.opus_packets import CHANNELS, FRAME_SAMPLES, RATE_HZ
from bot.audio.limiter import limit_peaks
from bot.domain.generation import Floats
from bot.voice.blend import Blend, plain_blend
from bot.voice.live_buffer import LiveBuffer
from bot.voice.playable import Playable, PlayedTrack
from bot.voice.track import Track

SKIP_SECONDS = 0.3
_SKIP_SAMPLES = round(SKIP_SECONDS * RATE_HZ)
_END_SAMPLES = round(2.0 * RATE_HZ)
"""The crossfade of music that ends without a planned transition."""
_BEGIN_SAMPLES = round(0.01 * RATE_HZ)


@dataclass
class _Voice:
    """A playing sound with its gain, which rises or falls from `fade_at`, at equal power."""

    sound: Playable
    fade_samples: int
    rises: bool = True
    likeness: float = 0.0
    """Its correlation with the sound that rises or falls meanwhile."""
    fade_at: int = 0
    falls_from: float = 1.0
    """The gain when it began to fall: a sound that was still rising had not reached 1."""

    def take(self, samples: int) -> Floats:
        part = self.sound.take(samples)
        if self.fade_at < self.fade_samples:
            part = part * self._gains(len(part))[:, None]
        elif not self.rises:
            part = part[:0]
        self.fade_at += samples
        return part

    def gain(self) -> float:
        """Return the gain of its next sample."""
        return float(self._gains(1)[0])

    def _gains(self, samples: int) -> Floats:
        places = (self.fade_at + np.arange(samples, dtype=np.float32)) / self.fade_samples
        angle = np.minimum(places, 1.0) * np.float32(np.pi / 2)
        rises, falls = np.sin(angle), np.cos(angle)
        wanted = rises if self.rises else falls * np.float32(self.falls_from)
        gains: Floats = wanted / np.sqrt(1 + 2 * np.float32(self.likeness) * rises * falls)
        return gains

    @property
    def is_over(self) -> bool:
        fell = not self.rises and self.fade_at >= self.fade_samples
        return fell or self.sound.left == 0


class Mixer:
    """Plays one sound after the other, with transitions."""

    def __init__(self, note_change: Callable[[Playable | None], None] = lambda _: None) -> None:
        """Take the listener that is called when another sound starts, or with None when none plays.

        It is called by the player thread.
        """
        self._note_change = note_change
        self._lock = threading.Lock()
        self._now: _Voice | None = None
        self._falling: list[_Voice] = []
        self._next: Playable | None = None
        self._blend: Blend | None = None
        self.played_samples = self.silent_samples = 0
        """Mixed samples, and those of them that were silence."""

    @property
    def now(self) -> Playable | None:
        """Return what is playing."""
        with self._lock:
            return None if self._now is None else self._now.sound

    @property
    def next(self) -> Playable | None:
        """Return what follows."""
        return self._next

    @property
    def wants_next(self) -> bool:
        """Return whether nothing follows yet."""
        return self._next is None

    def play_next(
        self,
        sound: Playable,
        *,
        blend: Blend | None = None,
        at_once: bool = False,
        fade_seconds: float = SKIP_SECONDS,
    ) -> None:
        """Set what follows, replacing what would have followed.

        `blend` is the planned transition, if it comes in time. With `at_once` it takes over now,
        over `fade_seconds`, and what would have followed still does.
        """
        with self._lock:
            if at_once:
                kept, self._next = self._next, sound
                self._go_on(round(fade_seconds * RATE_HZ))
                self._next = kept if kept is not sound else None
                self._blend = self._blend_with(self._next, None)
                return
            self._next = sound
            self._blend = self._blend_with(sound, blend)

    def _blend_with(self, sound: Playable | None, planned: Blend | None) -> Blend | None:
        now = None if self._now is None else self._now.sound
        if not isinstance(now, PlayedTrack) or not isinstance(sound, PlayedTrack):
            return None
        if planned is not None and planned.first is now.track and now.place <= planned.leave:
            return planned
        return plain_blend(now.track, sound.track)

    def become(
        self, sound: LiveBuffer, track: Track, begin: int, blend: Blend, then: Track
    ) -> bool:
        """Continue live music as a track that holds its rest, then blend into another one.

        `begin` is the track's offset in the music, in samples. Returns whether it came in time.
        """
        with self._lock:
            place = sound.taken_samples - begin
            now = self._now
            if now is None or now.sound is not sound or sound.is_dry or place > blend.leave:
                return False
            now.sound = PlayedTrack(track, place)
            self._next, self._blend = PlayedTrack(then), blend
            return True

    def drop_next(self) -> None:
        """Drop what would follow."""
        with self._lock:
            self._next = self._blend = None

    def skip(self) -> None:
        """Skip to what follows, or to silence until there is something."""
        with self._lock:
            self._go_on(_SKIP_SAMPLES)

    def take_frame(self) -> Floats:
        """Return the next 20 ms, [960, 2] in [-1, 1]."""
        mixed = np.zeros((FRAME_SAMPLES, CHANNELS), np.float32)
        with self._lock:
            at, was_shared = 0, False
            while at < FRAME_SAMPLES:
                if self._now is None and self._next is not None:
                    self._go_on(_BEGIN_SAMPLES)
                samples = min(FRAME_SAMPLES - at, self._until_change())
                if samples == 0:
                    self._begin_blend()
                    continue
                was_shared = bool(self._falling) or was_shared
                self._mix(mixed[at : at + samples])
                at += samples
            self.played_samples += FRAME_SAMPLES
        # Two sounds at full scale are louder together than what can be played.
        return limit_peaks(mixed) if was_shared else mixed.clip(-1.0, 1.0)

    def _until_change(self) -> int:
        """Return how many samples can be mixed before the next transition."""
        if self._now is None:
            return FRAME_SAMPLES
        left = self._now.sound.left
        if left is None:
            return FRAME_SAMPLES
        blend, sound = self._blend, self._now.sound
        if blend is not None and isinstance(sound, PlayedTrack):
            # A late transition begins at once.
            return min(left, max(0, blend.leave - sound.place))
        if self._next is not None and not isinstance(sound, PlayedTrack):
            return max(0, left - _END_SAMPLES)
        return max(1, left)

    def _begin_blend(self) -> None:
        """Start the planned transition, or one at the end of live music."""
        blend = self._blend
        if blend is not None:
            if blend.tail is not None and self._now and isinstance(self._now.sound, PlayedTrack):
                self._now.sound.end_with(blend.tail)
            # A late one has less time: the present sound must have fallen when it ends.
            left = 0 if self._now is None else self._now.sound.left or 0
            length = min(blend.length, max(left, _BEGIN_SAMPLES))
            self._go_on(length, blend.enter, blend.likeness)
        elif self._now is not None:
            self._go_on(max(1, min(_END_SAMPLES, self._now.sound.left or 0)))

    def _mix(self, mixed: Floats) -> None:
        voices = self._falling if self._now is None else [*self._falling, self._now]
        for voice in voices:
            part = voice.take(len(mixed))
            mixed[: len(part)] += part
        self._falling = [each for each in self._falling if not each.is_over]
        if self._now is None:
            self.silent_samples += len(mixed)
        elif self._now.is_over:
            self._now = None
            if self._next is None:
                self._note_change(None)

    def _go_on(self, fade_samples: int, enter: int | None = None, likeness: float = 0.0) -> None:
        """Let the present sound fall, and the next one rise."""
        # A sound that is replaced before its first sample has not been heard, and can't fall.
        is_silent = not self._falling and (self._now is None or self._now.fade_at == 0)
        if self._now is not None and not is_silent:
            gain = self._now.gain()
            falling = _Voice(self._now.sound, fade_samples, False, likeness, falls_from=gain)
            self._falling.append(falling)
        sound, self._next, self._blend = self._next, None, None
        if enter and isinstance(sound, PlayedTrack):
            sound.place = enter
        had_sound, self._now = self._now is not None, None
        if sound is not None:
            # After silence there is nothing to crossfade with.
            fade_samples = _BEGIN_SAMPLES if is_silent else fade_samples
            risen = round(self._take_back(sound) * fade_samples)
            self._now = _Voice(sound, fade_samples, likeness=likeness, fade_at=risen)
        if sound is not None or had_sound:
            self._note_change(sound)

    def _take_back(self, sound: Playable) -> float:
        """Let a sound fall no more, if it does; return the part of a rise that leads to its gain.

        Two voices of one sound would each play half of it.
        """
        for each in self._falling:
            if each.sound is sound:
                self._falling.remove(each)
                return float(np.arcsin(min(1.0, each.gain())) / (np.pi / 2))
        return 0.0
