"""How long things take: learnt from what was made, told to those who wait."""

from __future__ import annotations

from collections.abc import Sequence

_WEIGHT = 0.3


class Pace:
    """Seconds of work for a second of sound, for a clip among so many others."""

    def __init__(self) -> None:
        self._factors: dict[int, float] = {}

    def learn(self, *, at_once: int, work_seconds: float, sound_seconds: float) -> None:
        """Take in how long a stretch of sound took while so many were being made."""
        if sound_seconds <= 0 or work_seconds <= 0:
            return
        factor = work_seconds / sound_seconds
        known = self._factors.get(at_once)
        weight = _WEIGHT if known is not None else 1.0
        self._factors[at_once] = factor if known is None else known + weight * (factor - known)

    def factor(self, at_once: int) -> float | None:
        """Return the seconds of work for a second of sound; None before anything was learnt."""
        if not self._factors:
            return None
        nearest = min(self._factors, key=lambda number: abs(number - at_once))
        return self._factors[nearest]

    def running(self, *, left_seconds: float, at_once: int) -> float | None:
        """Return how long a clip takes that has so many seconds of sound still to be made."""
        factor = self.factor(at_once)
        return None if factor is None else factor * left_seconds

    def waiting(
        self, *, own_seconds: float, ahead_seconds: Sequence[float], slots: int
    ) -> float | None:
        """Return how long a clip takes that waits for those ahead to be made, some at once."""
        factor = self.factor(slots)
        if factor is None:
            return None
        return factor * (sum(ahead_seconds) / slots + own_seconds)
