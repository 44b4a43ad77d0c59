"""What is played: a clip at 48 kHz in stereo, and what is known of its tempo and its key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.audio.editing.alignment import Part

Frames = NDArray[np.int16]
"""16-bit stereo at 48 kHz, [samples, 2]: half the memory of floating point."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Track:
    """A clip that is ready to be played; places in it are in samples at 48 kHz."""

    clip_id: int | None
    """None of what is no clip: the end of live music."""
    frames: Frames
    part: Part | None = None

    @property
    def length(self) -> int:
        """Return how long it is, in samples."""
        return len(self.frames)
