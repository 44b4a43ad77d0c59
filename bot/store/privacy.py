"""What is known of a person: told to them, and forgotten when they wish it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.store.database import Database
from bot.store.ledger import day_of

Clock = Callable[[], float]

_FORGETTING = "forgetting"
_LATER = "forget:"
_ENDED = "state IN ('delivered', 'failed', 'cancelled', 'held')"

_OWN = {
    "clips": "SELECT id, kind, prompt, seconds, seed, model, guild_id, channel_id, message_id, "
    "datetime(created_at, 'unixepoch') AS made_at, is_deleted, bpm, key FROM clips "
    "WHERE user_id = ? ORDER BY id",
    "orders": "SELECT id, kind, prompt, seconds, seed, state, guild_id, channel_id, "
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

    async def forget(self, user_id: int) -> list[str]:
        """Forget a person, whose orders have all ended, and return the names of their clips' files.

        Until midnight UTC it is kept how many seconds they used today, or to be forgotten would
        give the day back; then `forget_rest` takes that, too. Who is blocked stays so.
        """
        now = self._clock()
        async with self._database.transaction() as connection:
            cursor = await connection.execute(
                "SELECT file FROM clips WHERE user_id = ? AND NOT is_deleted", (user_id,)
            )
            files = [str(row["file"]) for row in await cursor.fetchall()]
            await connection.execute(
                "DELETE FROM clip_parents WHERE clip_id IN "
                "(SELECT id FROM clips WHERE user_id = ?)",
                (user_id,),
            )
            await connection.execute("DELETE FROM clips WHERE user_id = ?", (user_id,))
            await connection.execute(
                "UPDATE jobs SET prompt = NULL, source = NULL, parent_ids = '[]', sentence = NULL, "
                "token = NULL, message_id = NULL, clip_id = NULL WHERE user_id = ?",
                (user_id,),
            )
            await connection.execute(
                "INSERT OR REPLACE INTO facts VALUES (?, ?)", (f"{_LATER}{user_id}", repr(now))
            )
        await self._forget_numbers(user_id, ordered_until=now, before_day=day_of(now))
        return files

    async def forget_rest(self) -> None:
        """Forget the numbers of those who were forgotten on a day that is over."""
        today = day_of(self._clock())
        rows = await self._database.all(
            "SELECT name, value FROM facts WHERE name LIKE ?", (f"{_LATER}%",)
        )
        for row in rows:
            wished_at = float(row["value"])
            if day_of(wished_at) >= today:
                continue
            user_id = int(row["name"].removeprefix(_LATER))
            await self._forget_numbers(user_id, ordered_until=wished_at, before_day=today)
            async with self._database.transaction() as connection:
                await connection.execute("DELETE FROM facts WHERE name = ?", (row["name"],))

    async def forget_words(self, before: float) -> None:
        """Forget what was typed for orders that ended, and for clips that are gone, long ago."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE jobs SET prompt = NULL, source = NULL, sentence = NULL "  # noqa: S608
                f"WHERE created_at < ? AND {_ENDED}",
                (before,),
            )
            await connection.execute(
                "UPDATE clips SET prompt = NULL WHERE created_at < ? AND is_deleted", (before,)
            )

    async def _forget_numbers(self, user_id: int, *, ordered_until: float, before_day: str) -> None:
        """Take a person's entries and orders away, as far as the day of each is over."""
        whose = (user_id, ordered_until)
        async with self._database.transaction() as connection:
            # The ledger lets nothing be taken away but of the one who is named here.
            await connection.execute(
                "INSERT OR REPLACE INTO facts VALUES (?, ?)", (_FORGETTING, str(user_id))
            )
            await connection.execute(
                "DELETE FROM ledger WHERE user_id = ? AND day < ? AND (job_id IS NULL AND at <= ? "
                "OR job_id IN (SELECT id FROM jobs WHERE user_id = ? AND created_at <= ?))",
                (user_id, before_day, ordered_until, *whose),
            )
            await connection.execute(
                f"DELETE FROM jobs WHERE user_id = ? AND created_at <= ? AND {_ENDED} "  # noqa: S608
                "AND id NOT IN (SELECT job_id FROM ledger WHERE job_id IS NOT NULL)",
                whose,
            )
            await connection.execute("DELETE FROM facts WHERE name = ?", (_FORGETTING,))
