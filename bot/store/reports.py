"""Reports to managers of servers, until they expire."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.clips import Clip
from bot.domain.reports import Report
from bot.store.database import Database

_COLUMNS = (
    "id, guild_id, clip_id, words, reported_at, "
    "(SELECT COUNT(*) FROM reports AS all_reports WHERE all_reports.clip_id = reports.clip_id) "
    "AS count"
)


class Reports:
    """The table of reports."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    async def add(self, clip: Clip, user_id: int, words: str | None) -> bool:
        """Store a person's report of a clip; return whether it is their first."""
        async with self._database.transaction(urgent=True) as connection:
            done = await connection.execute(
                "INSERT OR IGNORE INTO reports (guild_id, clip_id, user_id, words, reported_at) "
                "SELECT ?1, id, ?3, ?4, ?5 FROM clips WHERE id = ?2 AND NOT is_deleted",
                (clip.origin.guild_id, clip.id, user_id, words, self._clock()),
            )
        return done.rowcount == 1

    async def to_post(self, guild_id: int, limit: int) -> list[Report]:
        """Return a server's reports that are not posted yet, oldest first."""
        rows = await self._database.all(
            f"SELECT {_COLUMNS} FROM reports WHERE guild_id = ? AND NOT is_posted "  # noqa: S608
            "ORDER BY id LIMIT ?",
            (guild_id, limit),
        )
        return [Report(**dict(row)) for row in rows]

    async def record_posted(self, report_id: int) -> None:
        """Record that a report is posted."""
        async with self._database.transaction() as connection:
            await connection.execute("UPDATE reports SET is_posted = 1 WHERE id = ?", (report_id,))
