"""What a mixer can play, and a track as such."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from bot.domain.generation import Floats
from bot.voice.track import Frames, Track

_SCALE = np.float32(1 / 32768)


class Playable(Protocol):
    """Something that sounds from now on."""

    def take(self, samples: int) -> Floats:
        """Return the next samples, [samples, 2]; fewer only where it ends."""

    @property
    def left(self) -> int | None:
        """How many samples are left; None where nobody knows."""


class PlayedTrack:
    """A track, and how far it was played."""

    def __init__(self, track: Track, place: int = 0) -> None:
        self.track, self.place = track, place
        self._frames: Frames = track.frames

    def end_with(self, tail: Frames) -> None:
        """Let something else be heard from here on, to its end."""
        self._frames, self.place = tail, 0

    def take(self, samples: int) -> Floats:
        """Return the next samples."""
        part = self._frames[self.place : self.place + samples]
        self.place += len(part)
        return part.astype(np.float32) * _SCALE

    @property
    def left(self) -> int | None:
        """How many samples are left."""
        return len(self._frames) - self.place
