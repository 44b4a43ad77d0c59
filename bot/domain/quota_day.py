"""The quota day: when it begins, and in which time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class QuotaDay:
    """A day that begins at an hour in a time zone, correct across daylight saving changes.

    An hour that occurs twice begins it the first time; a skipped hour begins it as much later as
    the clocks are put forward. Times are seconds since 1970.
    """

    turns_at_hour: int = 0
    zone: tzinfo = UTC

    def of(self, now: float) -> str:
        """Return the day of a time."""
        return self._of(now).isoformat()

    def began_at(self, now: float) -> float:
        """Return when the day of a time began."""
        return self._begins(self._of(now))

    def resets_at(self, now: float) -> float:
        """Return when the next day begins."""
        return self._begins(self._of(now) + timedelta(days=1))

    def _of(self, now: float) -> date:
        today = datetime.fromtimestamp(now, self.zone).date()
        return today if now >= self._begins(today) else today - timedelta(days=1)

    def _begins(self, day: date) -> float:
        return datetime.combine(day, time(self.turns_at_hour), self.zone).timestamp()


UTC_DAY = QuotaDay()
"""From midnight to midnight, UTC."""
