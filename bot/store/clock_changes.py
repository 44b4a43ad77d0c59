"""Detect changes of the machine's clock, by which the age of clips and texts is measured.

A small machine may boot with a stale clock and get the right time minutes later. Rows written
before that would look weeks old and be deleted, or from the future and be kept for years. So each
sweep compares the clock with the uptime: after a jump, rows written before it are redated, and
while the clock may be wrong nothing is deleted for its age.
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
"""How long a machine has to run after a clock jump until ages are trusted."""

LEAST_SECONDS = 86_400.0
"""The smallest jump that matters: nothing is deleted for being hours old."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_FACT = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """A reading of the machine's clocks."""

    boot: str
    """The kernel's boot id."""
    uptime: float
    """Seconds since boot, including sleep."""
    now: float
    """Seconds since 1970, by the wall clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRecord:
    """The latest reading, as stored in the database."""

    reading: ClockReading
    settled_at: float
    """The uptime from which ages are trusted."""
    unsure_since: float
    """Rows since this time are redated when the clock is set."""
    last_job_id: int
    """The newest rows before `unsure_since`."""
    last_clip_id: int


def read_clocks(clock: Callable[[], float]) -> ClockReading:
    """Read the machine's clocks; `clock` returns seconds since 1970."""
    boot = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""
    source = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return ClockReading(boot=boot, uptime=time.clock_gettime(source), now=clock())


def change_since(before: ClockReading, reading: ClockReading) -> float:
    """Return by how many seconds the clock was set since a reading; 0 if unknown."""
    if before.boot != reading.boot or reading.uptime < before.uptime:
        return 0.0
    change = (reading.now - before.now) - (reading.uptime - before.uptime)
    return change if abs(change) >= LEAST_SECONDS else 0.0


def settles_at(before: ClockRecord | None, reading: ClockReading) -> float:
    """Return the uptime from which ages are trusted; later after a jump."""
    soon = reading.uptime + SETTLING_SECONDS
    if before is None:
        return soon
    if before.reading.boot == reading.boot and before.reading.uptime <= reading.uptime:
        return soon if change_since(before.reading, reading) else before.settled_at
    # A few hours of power off are not a jump.
    is_plausible = 0 <= reading.now - before.reading.now < LEAST_SECONDS
    return reading.uptime if is_plausible else soon


class ClockWatch:
    """Compares the clock with the uptime, across restarts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def observe(self, reading: ClockReading) -> bool:
        """Return whether ages can be trusted now.

        If the clock was set since the last call, rows written before are redated.
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
                # The clock may be set again, so the uncertainty continues.
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
    """Shift the times of rows that were written between a reading and the clock change."""
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
