"""Discord's ids, which tell when they were made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

EPOCH_MS = 1_420_070_400_000
"""The first moment of 2015."""
_LOW_BITS = 22


class Snowflakes:
    """Makes ids that grow, however the clock is turned."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take a clock that tells seconds since 1970."""
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """Return an id of now."""
        of_now = (int(self._clock() * 1000) - EPOCH_MS) << _LOW_BITS
        self._last = max(self._last + 1, of_now)
        return self._last

    def begin_after(self, id_: int) -> None:
        """Make ids that are larger than one from an earlier run, wherever the clock is."""
        self._last = max(self._last, id_)


def made_at(id_: int) -> float:
    """Return when an id was made, in seconds since 1970."""
    return ((id_ >> _LOW_BITS) + EPOCH_MS) / 1000


def iso_time(seconds: float) -> str:
    """Return a moment, given in seconds since 1970, as Discord writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
