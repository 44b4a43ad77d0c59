"""Counts of jobs and sums of the ledger, for monitoring.

Triggers keep running totals (`running_totals` in the migrations), since counting takes longer each
year.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.jobs import JobState
from bot.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Jobs by state, the longest present wait in seconds, and ledger seconds by entry type.

    Erased seconds stay counted, since a falling counter looks like a restart.
    """

    jobs: dict[str, int]
    waited_seconds: float
    seconds: dict[str, float]


async def totals(database: Database, now: float) -> Totals:
    """Return the present totals."""
    jobs = dict.fromkeys((state.value for state in JobState), 0)
    for row in await database.all("SELECT state, jobs FROM counted_jobs"):
        jobs[row["state"]] = row["jobs"]
    oldest = await database.one(
        "SELECT created_at FROM jobs WHERE state = 'queued' ORDER BY id LIMIT 1"
    )
    since = now if oldest is None else float(oldest["created_at"])
    sums = await database.all("SELECT entry, seconds FROM summed_seconds")
    return Totals(
        jobs=jobs,
        waited_seconds=max(0.0, now - since),
        seconds={row["entry"]: row["seconds"] for row in sums},
    )
