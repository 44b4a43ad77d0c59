"""A person's data: export it, and delete it on request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiosqlite

from bot.store.database import Database
from bot.store.job_states import ENDED
from bot.store.ledger import day_of

Clock = Callable[[], float]

_FORGETTING = "forgetting"

_OWN = {
    "clips": "SELECT id, kind, prompt, seconds, seed, model, guild_id, channel_id, message_id, "
    "datetime(created_at, 'unixepoch') AS made_at, is_deleted, bpm, key FROM clips "
    "WHERE user_id = ? ORDER BY id",
    "orders": "SELECT id, kind, prompt, seconds, seed, state, locale, guild_id, channel_id, "
    "datetime(created_at, 'unixepoch') AS ordered_at FROM jobs WHERE user_id = ? ORDER BY id",
    "seconds": "SELECT day, entry, seconds, guild_id FROM ledger WHERE user_id = ? ORDER BY id",
    "blocked_on": "SELECT guild_id FROM blocked WHERE user_id = ?",
}


class Privacy:
    """The rows of a person in all tables."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def export(self, user_id: int) -> dict[str, list[dict[str, Any]]]:
        """Return all that is stored about a person, by kind."""
        return {
            name: [dict(row) for row in await self._database.all(sql, (user_id,))]
            for name, sql in _OWN.items()
        }

    async def forget(self, user_id: int) -> list[str] | None:
        """Forget a person and return the names of their clips' files.

        Returns None and deletes nothing while a job of theirs is unfinished. One transaction: an
        order is deleted with all that it says, or came later and is not touched.

        How many seconds they used today is kept until midnight UTC, or deleting would give the day
        back; then `forget_rest` deletes that, too. Server blocks stay in place.
        """
        now = self._clock()
        async with self._database.transaction() as connection:
            unfinished = f"SELECT 1 FROM jobs WHERE user_id = ? AND NOT {ENDED}"  # noqa: S608 - ours
            if await connection.execute_fetchall(unfinished, (user_id,)):
                return None
            rows = await connection.execute_fetchall(
                "SELECT file FROM clips WHERE user_id = ? AND NOT is_deleted", (user_id,)
            )
            await connection.execute(
                "DELETE FROM clip_parents WHERE clip_id IN "
                "(SELECT id FROM clips WHERE user_id = ?)",
                (user_id,),
            )
            await connection.execute("DELETE FROM clips WHERE user_id = ?", (user_id,))
            await connection.execute(
                "UPDATE jobs SET prompt = NULL, source = NULL, parent_ids = '[]', sentence = NULL, "
                "token = NULL, message_id = NULL, clip_id = NULL, locale = NULL WHERE user_id = ?",
                (user_id,),
            )
            await connection.execute(
                "INSERT OR REPLACE INTO forgotten VALUES (?1, ?2, "
                "COALESCE((SELECT MAX(id) FROM jobs WHERE user_id = ?1), 0), "
                "COALESCE((SELECT MAX(id) FROM ledger WHERE user_id = ?1), 0))",
                (user_id, now),
            )
            await _forget_entries(connection, user_id, before_day=day_of(now))
        await self.scrub()
        return [str(row["file"]) for row in rows]

    async def scrub(self) -> None:
        """Remove what was deleted from the database's files, see `Database.scrub`."""
        await self._database.scrub()

    async def forget_rest(self) -> None:
        """Delete the ledger entries of people who were forgotten before today."""
        today = day_of(self._clock())
        for row in await self._database.all("SELECT user_id, at FROM forgotten"):
            if day_of(row["at"]) >= today:
                continue
            async with self._database.transaction() as connection:
                await _forget_entries(connection, row["user_id"], before_day=today)
                await connection.execute(
                    "DELETE FROM forgotten WHERE user_id = ? AND at = ?",
                    (row["user_id"], row["at"]),
                )

    async def forget_words(self, before: float) -> None:
        """Delete the prompts of jobs that have ended, and of deleted clips, from before a time."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE jobs SET prompt = NULL, source = NULL, sentence = NULL "  # noqa: S608
                f"WHERE created_at < ? AND {ENDED}",
                (before,),
            )
            await connection.execute(
                "UPDATE clips SET prompt = NULL WHERE created_at < ? AND is_deleted", (before,)
            )


async def _forget_entries(
    connection: aiosqlite.Connection, user_id: int, *, before_day: str
) -> None:
    """Delete the ledger entries and jobs of a forgotten person from before a day.

    Not those of a job that was unfinished when its person was forgotten, nor its clip: older
    versions left them.
    """
    # The trigger of the ledger permits deleting only the entries of the user named here.
    await connection.execute(
        "INSERT OR REPLACE INTO facts VALUES (?, ?)", (_FORGETTING, str(user_id))
    )
    whose = (user_id, before_day)
    old = (
        "SELECT id FROM jobs WHERE user_id = ?1 "  # noqa: S608 - ours
        "AND id <= (SELECT last_job_id FROM forgotten WHERE user_id = ?1) "
        f"AND {ENDED} AND id NOT IN (SELECT job_id FROM clips)"
    )
    await connection.execute(
        f"DELETE FROM ledger WHERE user_id = ?1 AND day < ?2 AND (job_id IN ({old}) "  # noqa: S608
        "OR (job_id IS NULL AND id <= (SELECT last_entry_id FROM forgotten WHERE user_id = ?1)))",
        whose,
    )
    await connection.execute(
        f"DELETE FROM jobs WHERE id IN ({old}) "  # noqa: S608 - ours
        "AND id NOT IN (SELECT job_id FROM ledger WHERE job_id IS NOT NULL)",
        (user_id,),
    )
    await connection.execute("DELETE FROM facts WHERE name = ?", (_FORGETTING,))
