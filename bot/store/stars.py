"""Stars of clips. A star on one's own clip is a bookmark, which is not counted."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.clips import Clip
from bot.store.clip_visibility import IS_FOR_ALL
from bot.store.database import Database
from bot.store.erasure import NOT_FORGOTTEN
from bot.store.rows import CLIP_COLUMNS, clip_of

NO_GUILD = 0
"""Instead of a server id, for a star in direct messages."""

_STARRED = f"SELECT {CLIP_COLUMNS} FROM stars CROSS JOIN clips ON clips.id = clip_id"  # noqa: S608


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

    async def of_user(self, user_id: int, limit: int) -> list[Clip]:
        """Return a person's starred clips, latest first."""
        rows = await self._database.all(
            f"{_STARRED} WHERE stars.user_id = ? AND NOT is_deleted AND {NOT_FORGOTTEN} "
            "ORDER BY stars.user_id, starred_at DESC LIMIT ?",
            (user_id, limit),
        )
        return [clip_of(row) for row in rows]

    async def top(self, guild_id: int, limit: int) -> list[Clip]:
        """Return a server's clips with the most stars."""
        rows = await self._database.all(
            f"SELECT {CLIP_COLUMNS} FROM clips INDEXED BY clips_by_stars "  # noqa: S608 - ours
            f"WHERE guild_id = ? AND stars > 0 AND NOT is_deleted AND {NOT_FORGOTTEN} "
            f"AND {IS_FOR_ALL} "
            "ORDER BY stars DESC, id DESC LIMIT ?",
            (guild_id, limit),
        )
        return [clip_of(row) for row in rows]

    async def top_since(self, guild_id: int, since: float, limit: int) -> list[tuple[Clip, int]]:
        """Return a server's clips with the most stars given since a time, and the counts.

        Ties are in the order in which they were reached.
        """
        rows = await self._database.all(
            f"SELECT {CLIP_COLUMNS}, COUNT(*) AS given FROM stars "  # noqa: S608 - ours
            "CROSS JOIN clips ON clips.id = clip_id AND clips.user_id != stars.user_id "
            "WHERE stars.guild_id = ? AND starred_at >= ? AND NOT is_deleted "
            f"AND {NOT_FORGOTTEN} AND {IS_FOR_ALL} "
            "GROUP BY clip_id ORDER BY given DESC, clip_id LIMIT ?",
            (guild_id, since, limit),
        )
        return [(clip_of(row), row["given"]) for row in rows]
