"""How long jobs have waited in line, as a histogram since the bot began."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate

BOUNDS_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)


class Waits:
    """Counts waits by their length."""

    def __init__(self) -> None:
        self.total_seconds = 0.0
        self._counts = [0] * (len(BOUNDS_SECONDS) + 1)

    def note(self, seconds: float) -> None:
        """Count one."""
        self.total_seconds += seconds
        self._counts[bisect_left(BOUNDS_SECONDS, seconds)] += 1

    def up_to(self) -> list[tuple[float, int]]:
        """Return how many were at most as long as each bound, the last of which is endless."""
        return list(zip((*BOUNDS_SECONDS, float("inf")), accumulate(self._counts), strict=True))
