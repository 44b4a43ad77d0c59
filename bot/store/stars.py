"""Stars of clips. A star on one's own clip is a bookmark, which is not counted."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.clips import Clip
from bot.domain.sight import Sight
from bot.store.clip_visibility import IS_FOR_ALL, IS_IN_SIGHT, seen_by
from bot.store.database import Database
from bot.store.erasure import NOT_FORGOTTEN
from bot.store.rows import CLIP_COLUMNS, clip_of

NO_GUILD = 0
"""Instead of a server id, for a star in direct messages."""


class Stars:
    """The table of stars."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    async def give(self, clip: Clip, user_id: int) -> bool:
        """Star a clip for a person; return whether it was not starred by them before."""
        async with self._database.transaction(urgent=True) as connection:
            done = await connection.execute(
                "INSERT OR IGNORE INTO stars (clip_id, user_id, guild_id, starred_at) "
                "SELECT id, ?2, ?3, ?4 FROM clips WHERE id = ?1 AND NOT is_deleted",
                (clip.id, user_id, clip.origin.guild_id or NO_GUILD, self._clock()),
            )
        return done.rowcount == 1

    async def take_back(self, clip: Clip, user_id: int) -> bool:
        """Remove a person's star; return whether there was one."""
        async with self._database.transaction(urgent=True) as connection:
            done = await connection.execute(
                "DELETE FROM stars WHERE clip_id = ? AND user_id = ?", (clip.id, user_id)
            )
        return done.rowcount == 1

    async def top(self, guild_id: int, sight: Sight, limit: int) -> list[Clip]:
        """Return a server's clips in sight with the most stars."""
        rows = await self._database.all(
            f"SELECT {CLIP_COLUMNS} FROM clips INDEXED BY clips_by_stars "  # noqa: S608 - ours
            f"WHERE guild_id = :guild AND stars > 0 AND NOT is_deleted AND {IS_IN_SIGHT} "
            f"AND {NOT_FORGOTTEN} AND {IS_FOR_ALL} "
            "ORDER BY stars DESC, id DESC LIMIT :limit",
            {"guild": guild_id, "limit": limit} | seen_by(sight),
        )
        return [clip_of(row) for row in rows]

    async def top_since(
        self, guild_id: int, sight: Sight, since: float, limit: int
    ) -> list[tuple[Clip, int]]:
        """Return a server's clips in sight with the most stars since a time, and the counts.

        Ties are in the order in which they were reached.
        """
        rows = await self._database.all(
            f"SELECT {CLIP_COLUMNS}, COUNT(*) AS given FROM stars "  # noqa: S608 - ours
            "CROSS JOIN clips ON clips.id = clip_id AND clips.user_id != stars.user_id "
            "WHERE stars.guild_id = :guild AND starred_at >= :since AND NOT is_deleted "
            f"AND {IS_IN_SIGHT} AND {NOT_FORGOTTEN} AND {IS_FOR_ALL} "
            "GROUP BY clip_id ORDER BY given DESC, clip_id LIMIT :limit",
            {"guild": guild_id, "since": since, "limit": limit} | seen_by(sight),
        )
        return [(clip_of(row), row["given"]) for row in rows]
