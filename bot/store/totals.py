"""Counts of jobs and sums of the ledger, for monitoring."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.jobs import JobState
from bot.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Jobs by state, how long the oldest queued one has waited, and ledger seconds by entry."""

    jobs: dict[str, int]
    waited_seconds: float
    seconds: dict[str, float]


async def totals(database: Database, now: float) -> Totals:
    """Count the jobs and sum the ledger."""
    jobs = dict.fromkeys((state.value for state in JobState), 0)
    for row in await database.all("SELECT state, COUNT(*) AS count FROM jobs GROUP BY state"):
        jobs[row["state"]] = row["count"]
    oldest = await database.one("SELECT MIN(created_at) FROM jobs WHERE state = 'queued'")
    since = now if oldest is None or oldest[0] is None else float(oldest[0])
    sums = await database.all("SELECT entry, SUM(seconds) AS seconds FROM ledger GROUP BY entry")
    return Totals(
        jobs=jobs,
        waited_seconds=max(0.0, now - since),
        seconds={row["entry"]: row["seconds"] for row in sums},
    )
