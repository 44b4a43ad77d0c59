"""What is known of a person: told to them, and forgotten when they wish it."""

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
    """The rows of one person, wherever they are."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def export(self, user_id: int) -> dict[str, list[dict[str, Any]]]:
        """Return all that is kept of a person, by kind."""
        return {
            name: [dict(row) for row in await self._database.all(sql, (user_id,))]
            for name, sql in _OWN.items()
        }

    async def forget(self, user_id: int) -> list[str] | None:
        """Forget a person and return the names of their clips' files.

        None, and nothing is forgotten, where an order of theirs goes on. All in one transaction:
        an order is part of it with all that it says, or came after it and is not touched.

        Until midnight UTC it is kept how many seconds they used today, or to be forgotten would
        give the day back; then `forget_rest` takes that, too. Who is blocked stays so.
        """
        now = self._clock()
        async with self._database.transaction() as connection:
            going_on = f"SELECT 1 FROM jobs WHERE user_id = ? AND NOT {ENDED}"  # noqa: S608 - ours
            if await connection.execute_fetchall(going_on, (user_id,)):
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
            await _forget_numbers(connection, user_id, before_day=day_of(now))
        await self.scrub()
        return [str(row["file"]) for row in rows]

    async def scrub(self) -> None:
        """Have nothing that was forgotten stay in the database's files."""
        await self._database.scrub()

    async def forget_rest(self) -> None:
        """Forget the numbers of those who were forgotten on a day that is over."""
        today = day_of(self._clock())
        for row in await self._database.all("SELECT user_id, at FROM forgotten"):
            if day_of(row["at"]) >= today:
                continue
            async with self._database.transaction() as connection:
                await _forget_numbers(connection, row["user_id"], before_day=today)
                await connection.execute(
                    "DELETE FROM forgotten WHERE user_id = ? AND at = ?",
                    (row["user_id"], row["at"]),
                )

    async def forget_words(self, before: float) -> None:
        """Forget what was typed for orders that ended, and for clips that are gone, long ago."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE jobs SET prompt = NULL, source = NULL, sentence = NULL "  # noqa: S608
                f"WHERE created_at < ? AND {ENDED}",
                (before,),
            )
            await connection.execute(
                "UPDATE clips SET prompt = NULL WHERE created_at < ? AND is_deleted", (before,)
            )


async def _forget_numbers(
    connection: aiosqlite.Connection, user_id: int, *, before_day: str
) -> None:
    """Take the entries and orders of one who is forgotten away, as far as their day is over.

    An order that went on when its person was forgotten, and the clip that came of it, are not part
    of that: older versions let them be.
    """
    # The ledger lets nothing be taken away but of the one who is named here.
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
