"""Bring the tables of a database up to date."""

from __future__ import annotations

import aiosqlite

from bot.store.migrations.history import MIGRATIONS, RECORDED_SINCE


async def migrate(connection: aiosqlite.Connection, version: int, now: float) -> None:
    """Run the migrations after a version, each in a transaction with its number and its record.

    `now`, in seconds since 1970, is recorded as their time.
    """
    for number, migration in enumerate(MIGRATIONS[version:], version + 1):
        await connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in migration.statements:
                await connection.execute(statement)
            if number >= RECORDED_SINCE:
                await _record(connection, version, number, now)
            await connection.execute(f"PRAGMA user_version = {number}")
            await connection.execute("COMMIT")
        except BaseException:
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
