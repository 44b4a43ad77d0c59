"""Keep the audible end of streamed sound, in bounded memory."""

from __future__ import annotations

from collections import deque

import numpy as np

from bot.domain.generation import Samples

_SILENT_SWING = 2e-4
"""How far the wave may swing, from lowest to highest, and be silent: 80 dB below the most."""

_MOST_MIXED_LATER = 8
"""Of more channels than this the mean is kept, since memory is dear."""


class SoundingEnd:
    """Keeps the last frames of a sound up to where it last sounds.

    A silence as short as a rest in music belongs to it; a longer one at the end does not.
    """

    def __init__(self, keep_frames: int, *, block_frames: int, rest_frames: int) -> None:
        self._keep, self._block, self._rest = keep_frames, block_frames, rest_frames
        self._heard: deque[Samples] = deque()
        self._silence: deque[Samples] = deque()
        self._sounds = False
        self.frames = 0
        """How many there were in all."""
        self.silent_frames = 0
        """How many of them are silent at the end."""

    def add(self, samples: Samples) -> None:
        """Take the next samples, [frames, channels]."""
        if samples.shape[1] > _MOST_MIXED_LATER:
            samples = samples.mean(axis=1, keepdims=True)
        self.frames += len(samples)
        sounding = self._sounding_frames(samples)
        if sounding:
            self._sounds = True
            self._heard.extend(self._silence)
            self._silence.clear()
            self._heard.append(samples[:sounding])
            self.silent_frames = 0
            self._drop(self._heard)
        if sounding < len(samples):
            self._silence.append(samples[sounding:])
            self.silent_frames += len(samples) - sounding
            self._drop(self._silence)

    @property
    def cut_frames(self) -> int:
        """Return how many silent frames at the end are left out."""
        return self.silent_frames if self.silent_frames > self._rest else 0

    def samples(self) -> Samples | None:
        """Return what is kept, [channels, frames]; None where nothing sounds."""
        if not self._sounds:
            return None
        kept = [*self._heard, *(() if self.cut_frames else self._silence)]
        return np.ascontiguousarray(np.concatenate(kept)[-self._keep :].T)

    def _sounding_frames(self, samples: Samples) -> int:
        """Return how many frames there are up to the end of the last block that sounds."""
        starts = np.arange(0, len(samples), self._block)
        # What is no number sounds: whoever looks at the end refuses it.
        with np.errstate(invalid="ignore", over="ignore"):
            swings = np.maximum.reduceat(samples, starts) - np.minimum.reduceat(samples, starts)
            sounding = np.flatnonzero(~(swings < _SILENT_SWING).all(axis=1))
        if not len(sounding):
            return 0
        return min(len(samples), int(starts[sounding[-1]]) + self._block)

    def _drop(self, kept: deque[Samples]) -> None:
        held = sum(map(len, kept))
        while held - len(kept[0]) >= self._keep:
            held -= len(kept.popleft())


def first_sounding_frame(samples: Samples, block_frames: int) -> int | None:
    """Return the first frame of the first block of [channels, frames] that sounds, or None."""
    starts = np.arange(0, samples.shape[1], block_frames)
    with np.errstate(invalid="ignore", over="ignore"):
        swings = np.maximum.reduceat(samples, starts, axis=1)
        swings = swings - np.minimum.reduceat(samples, starts, axis=1)
        sounding = np.flatnonzero(~(swings < _SILENT_SWING).all(axis=0))
    return int(starts[sounding[0]]) if len(sounding) else None
