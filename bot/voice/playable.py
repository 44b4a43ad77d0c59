"""The interface of playable sounds, and a track as one."""

from __future__ import annotations

from typing import Protocol

from bot.audio.int16 import from_int16
from bot.domain.generation import Floats
from bot.voice.track import Frames, Track


class Playable(Protocol):
    """A sound that is playing."""

    def take(self, samples: int) -> Floats:
        """Return the next samples, [samples, 2]; fewer only at its end."""

    @property
    def left(self) -> int | None:
        """Return how many samples are left; None if unknown."""


class PlayedTrack:
    """A track and its position."""

    def __init__(self, track: Track, place: int = 0) -> None:
        self.track, self.place = track, place
        self._frames: Frames = track.frames

    def end_with(self, tail: Frames) -> None:
        """Replace the rest of the track."""
        self._frames, self.place = tail, 0

    def take(self, samples: int) -> Floats:
        """Return the next samples."""
        part = self._frames[self.place : self.place + samples]
        self.place += len(part)
        return from_int16(part)

    @property
    def left(self) -> int | None:
        """Return how many samples are left."""
        return len(self._frames) - self.place
