"""Seconds of live music per server and day."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.quota_day import QuotaDay
from bot.store.database import Database


class LiveSeconds:
    """The table: one row per server, for its latest day with live music."""

    def __init__(self, database: Database, clock: Callable[[], float], day: QuotaDay) -> None:
        self._database, self._clock, self._day = database, clock, day

    async def used(self, guild_id: int) -> float:
        """Return a server's seconds of today."""
        row = await self._database.one(
            "SELECT seconds FROM live_seconds WHERE guild_id = ? AND day = ?",
            (guild_id, self._day.of(self._clock())),
        )
        return 0.0 if row is None else float(row["seconds"])

    async def add(self, guild_id: int, seconds: float) -> None:
        """Add generated seconds of a server."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "INSERT INTO live_seconds (guild_id, day, seconds) VALUES (?, ?, ?) "
                "ON CONFLICT (guild_id) DO UPDATE SET day = excluded.day, seconds = "
                "excluded.seconds + CASE WHEN day = excluded.day THEN seconds ELSE 0 END",
                (guild_id, self._day.of(self._clock()), seconds),
            )

    def resets_at(self) -> float:
        """Return when the next quota day begins, in seconds since 1970."""
        return self._day.resets_at(self._clock())
