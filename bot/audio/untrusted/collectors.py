"""Collect decoded samples: a part of a stream."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from bot.domain.generation import Samples
from bot.errors import SoundError
from bot.i18n.sentence import Sentence

LONG_PART = Sentence(
    "This is longer than {minutes} minutes; cut out a part of it first, with --from and --to."
)

MOST_PART_MINUTES = 30
"""The longest part of a file that is held in memory."""


class Collector(Protocol):
    """Collects the samples of a stream."""

    @property
    def frames(self) -> int:
        """Return how many frames were added so far."""

    def add(self, samples: Samples) -> None:
        """Add the next samples, [frames, channels]."""


class PartCollector:
    """Keeps the frames from `start` to `end`, at most `most` of them."""

    def __init__(self, start: int, end: int | None, most: int) -> None:
        self.start, self._end, self._most = start, end, most
        self._kept: list[Samples] = []
        self.frames = 0

    def add(self, samples: Samples) -> None:
        """Add the next samples, [frames, channels]. Raises SoundError for too long a part."""
        first = max(0, self.start - self.frames)
        last = len(samples) if self._end is None else max(0, self._end - self.frames)
        self.frames += len(samples)
        if len(part := samples[first:last]):
            self._kept.append(part)
        if min(self.frames, self._end or self.frames) - self.start > self._most:
            raise SoundError(LONG_PART.fill(minutes=MOST_PART_MINUTES))

    def samples(self, channels: int) -> Samples:
        """Return the kept samples, [channels, frames]."""
        if not self._kept:
            return np.zeros((channels, 0), np.float32)
        return np.ascontiguousarray(np.concatenate(self._kept).T)
