"""A loaded clip at 48 kHz stereo, with its tempo and key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.audio.editing.alignment import SoundAnalysis

Frames = NDArray[np.int16]
"""16-bit stereo at 48 kHz, [samples, 2]; half the memory of floats."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Track:
    """A loaded clip; places in it are in samples at 48 kHz."""

    clip_id: int | None
    """None for the rendered end of live music."""
    frames: Frames
    part: SoundAnalysis | None = None

    @property
    def length(self) -> int:
        """Return how long it is, in samples."""
        return len(self.frames)
