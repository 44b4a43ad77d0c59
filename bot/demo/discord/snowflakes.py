"""Discord's ids, which contain their creation time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

EPOCH_MS = 1_420_070_400_000
"""The start of 2015, in milliseconds since 1970."""
_LOW_BITS = 22


class Snowflakes:
    """Generates increasing ids, even if the clock goes back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take a clock that returns seconds since 1970."""
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """Return a new id of the present time."""
        of_now = (int(self._clock() * 1000) - EPOCH_MS) << _LOW_BITS
        self._last = max(self._last + 1, of_now)
        return self._last

    def begin_after(self, id_: int) -> None:
        """Make all further ids larger than one from an earlier run, whatever the clock."""
        self._last = max(self._last, id_)


def made_at(id_: int) -> float:
    """Return the creation time of an id, in seconds since 1970."""
    return ((id_ >> _LOW_BITS) + EPOCH_MS) / 1000


def iso_time(seconds: float) -> str:
    """Format a time, in seconds since 1970, as Discord does."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
