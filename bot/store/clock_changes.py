"""Changes of the machine's clock, by which the age of clips and words is told.

A small machine may start with the time at which it was stopped, or with none at all, and is told
the right one minutes later. What was made until then would seem to be weeks old and be deleted, or
to come from the future and be kept for years. So each sweep compares the clock with how long the
machine has run: where the clock was set in between, what was made before that is dated anew, and
where it can't be known to be right, nothing is deleted for its age yet.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import aiosqlite

from bot.store.database import Database

log = logging.getLogger(__name__)

SETTLING_SECONDS = 3000.0
"""How long a machine has to run after its clock leapt until ages are trusted."""

LEAST_SECONDS = 86_400.0
"""The least that a clock must have leapt to matter: nothing is deleted for being hours old."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_FACT = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """What the machine's clocks show."""

    boot: str
    """Which start of the machine this is."""
    uptime: float
    """Seconds since then, also of sleep."""
    now: float
    """Seconds since 1970, as the clock shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRecord:
    """The latest reading that is in the database."""

    reading: ClockReading
    settled_at: float
    """The uptime from which ages are trusted."""
    unsure_since: float
    """What was made since then, by the clock as it is now, is dated anew where that is set."""
    last_job_id: int
    """The newest rows from before that."""
    last_clip_id: int


def read_clocks(clock: Callable[[], float]) -> ClockReading:
    """Read the machine's clocks; `clock` returns seconds since 1970."""
    boot = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""
    source = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return ClockReading(boot=boot, uptime=time.clock_gettime(source), now=clock())


def change_since(before: ClockReading, reading: ClockReading) -> float:
    """Return by how many seconds the clock was set since a reading; 0 where it can't be told."""
    if before.boot != reading.boot or reading.uptime < before.uptime:
        return 0.0
    change = (reading.now - before.now) - (reading.uptime - before.uptime)
    return change if abs(change) >= LEAST_SECONDS else 0.0


def settles_at(before: ClockRecord | None, reading: ClockReading) -> float:
    """Return the uptime from which ages are trusted: later where the clock leapt."""
    soon = reading.uptime + SETTLING_SECONDS
    if before is None:
        return soon
    if before.reading.boot == reading.boot and before.reading.uptime <= reading.uptime:
        return soon if change_since(before.reading, reading) else before.settled_at
    # The machine was off, which for a few hours is no leap.
    is_plausible = 0 <= reading.now - before.reading.now < LEAST_SECONDS
    return reading.uptime if is_plausible else soon


class ClockWatch:
    """Compares the clock with what it was, across restarts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def observe(self, reading: ClockReading) -> bool:
        """Return whether the age of things can be trusted now.

        Where the clock was set since the last time, what was made before that is dated anew.
        """
        async with self._database.transaction() as connection:
            before = await _record(connection)
            change = 0.0 if before is None else change_since(before.reading, reading)
            if before is not None and change:
                dated = await _date_anew(connection, before, reading, change)
                log.warning("store.clock_changed seconds=%+.0f rows=%d", change, dated)
            settled_at = settles_at(before, reading)
            is_settled = reading.uptime >= settled_at
            if before is None or is_settled or before.reading.boot != reading.boot:
                (newest,) = await connection.execute_fetchall(
                    "SELECT COALESCE((SELECT MAX(id) FROM jobs), 0), "
                    "COALESCE((SELECT MAX(id) FROM clips), 0)"
                )
                record = ClockRecord(
                    reading=reading,
                    settled_at=settled_at,
                    unsure_since=reading.now,
                    last_job_id=newest[0],
                    last_clip_id=newest[1],
                )
            else:
                # It may be set once more: back, or at last to the right time.
                record = replace(
                    before,
                    reading=reading,
                    settled_at=settled_at,
                    unsure_since=before.unsure_since + change,
                )
            await connection.execute(
                "INSERT OR REPLACE INTO facts VALUES (?, ?)", (_FACT, json.dumps(asdict(record)))
            )
        return is_settled


async def _record(connection: aiosqlite.Connection) -> ClockRecord | None:
    rows = list(
        await connection.execute_fetchall("SELECT value FROM facts WHERE name = ?", (_FACT,))
    )
    if not rows:
        return None
    fields = json.loads(rows[0]["value"])
    return ClockRecord(**fields | {"reading": ClockReading(**fields["reading"])})


async def _date_anew(
    connection: aiosqlite.Connection, before: ClockRecord, reading: ClockReading, change: float
) -> int:
    """Move the times of what was made since then and before the clock was set."""
    made = (before.unsure_since, reading.now - change)
    jobs = await connection.execute(
        "UPDATE jobs SET created_at = created_at + ? WHERE id > ? AND created_at BETWEEN ? AND ?",
        (change, before.last_job_id, *made),
    )
    clips = await connection.execute(
        "UPDATE clips SET created_at = created_at + ? WHERE id > ? AND created_at BETWEEN ? AND ?",
        (change, before.last_clip_id, *made),
    )
    return jobs.rowcount + clips.rowcount
