"""Estimate when a job will be done, from the pace of earlier jobs."""

from __future__ import annotations

from collections.abc import Sequence

_WEIGHT = 0.3
"""The weight of a new observation in the moving average."""


class EtaEstimator:
    """Work seconds per second of sound: a moving average for each number of concurrent clips."""

    def __init__(self) -> None:
        """Start without any observation."""
        self._factors: dict[int, float] = {}

    def learn(self, *, at_once: int, work_seconds: float, sound_seconds: float) -> None:
        """Add an observation: how long a stretch of sound took with `at_once` clips running."""
        if sound_seconds <= 0 or work_seconds <= 0:
            return
        factor = work_seconds / sound_seconds
        known = self._factors.get(at_once)
        weight = _WEIGHT if known is not None else 1.0
        self._factors[at_once] = factor if known is None else known + weight * (factor - known)

    def factor(self, at_once: int) -> float | None:
        """Return the work seconds per second of sound; None before any observation."""
        if not self._factors:
            return None
        nearest = min(self._factors, key=lambda number: abs(number - at_once))
        return self._factors[nearest]

    def running(self, *, left_seconds: float, at_once: int) -> float | None:
        """Return how long a running job with `left_seconds` of sound to go will take."""
        factor = self.factor(at_once)
        return None if factor is None else factor * left_seconds

    def waiting(
        self, *, own_seconds: float, ahead_seconds: Sequence[float], slots: int
    ) -> float | None:
        """Return how long a queued job will take, including those ahead, with so many `slots`."""
        factor = self.factor(slots)
        if factor is None:
            return None
        return factor * (sum(ahead_seconds) / slots + own_seconds)
