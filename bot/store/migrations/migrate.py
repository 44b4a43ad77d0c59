"""Run the pending migrations of a database."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress

import aiosqlite

from bot.store.migrations.history import MIGRATIONS, RECORDED_SINCE
from bot.store.migrations.migration import Migration

log = logging.getLogger(__name__)

_LONG_SECONDS = 1.0
"""A migration that takes longer is logged, since it delays the start."""


async def migrate(connection: aiosqlite.Connection, version: int, now: float) -> None:
    """Run the migrations after a version, each in one transaction with its record.

    A new database runs all in one transaction. `now`, in seconds since 1970, is recorded.
    """
    if version == 0:
        await _run(connection, MIGRATIONS, 0, now)
        return
    if version < len(MIGRATIONS):
        log.info(
            "store.migrating from=%d to=%d A large database takes a minute.",
            version,
            len(MIGRATIONS),
        )
    for done in range(version, len(MIGRATIONS)):
        begun = time.monotonic()
        await _run(connection, MIGRATIONS[done : done + 1], done, now, known_since=version)
        seconds = time.monotonic() - begun
        if seconds > _LONG_SECONDS:
            log.info("store.migrated name=%s seconds=%.1f", MIGRATIONS[done].name, seconds)


async def _run(
    connection: aiosqlite.Connection,
    migrations: Sequence[Migration],
    done: int,
    now: float,
    *,
    known_since: int = 0,
) -> None:
    """Run migrations in one transaction; `done` of all of them have been run before."""
    number = done + len(migrations)
    statements = [statement for each in migrations for statement in each.statements]
    try:
        # One script: each call to the connection's thread takes longer than most statements.
        await connection.executescript(";\n".join(["BEGIN IMMEDIATE", *statements]))
        if number >= RECORDED_SINCE:
            await _record(connection, known_since, number, now)
        await connection.execute(f"PRAGMA user_version = {number}")
        await connection.execute("COMMIT")
    except BaseException:
        # If BEGIN failed, there is no transaction to roll back.
        with suppress(sqlite3.OperationalError):
            await connection.execute("ROLLBACK")
        raise


async def _record(connection: aiosqlite.Connection, before: int, number: int, now: float) -> None:
    """Record the migrations up to a number; when those up to `before` were run is not known."""
    await connection.executemany(
        "INSERT OR IGNORE INTO migrations (version, name, applied_at) VALUES (?, ?, ?)",
        [
            (each, MIGRATIONS[each - 1].name, now if each > before else None)
            for each in range(1, number + 1)
        ],
    )
