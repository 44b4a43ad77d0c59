"""The bar grid of a track that was cut to whole bars."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BarGrid:
    """A constant tempo from the first bar line on; the sound ends with a bar line."""

    beat_seconds: float
    beats_per_bar: float

    @property
    def bar_seconds(self) -> float:
        """Return the length of a bar."""
        return self.beat_seconds * self.beats_per_bar

    @property
    def bpm(self) -> float:
        """Return the tempo in beats a minute."""
        return 60 / self.beat_seconds
