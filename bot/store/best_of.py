"""The posts of a server's best clips; triggers mark what is due."""

from __future__ import annotations

from bot.domain.best_of import BestPost
from bot.store.database import Database


class BestOf:
    """The tables of channels for best clips, and of their posts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set(self, guild_id: int, channel_id: int, stars: int) -> None:
        """Set a server's channel, and the stars that a clip needs."""
        await self._write(
            "INSERT OR REPLACE INTO best_of VALUES (?, ?, ?)", guild_id, channel_id, stars
        )

    async def clear(self, guild_id: int) -> None:
        """Stop collecting; existing posts stay."""
        await self._write("DELETE FROM best_of WHERE guild_id = ?", guild_id)

    async def due(self) -> list[BestPost]:
        """Return the posts to be made, edited or deleted."""
        rows = await self._database.all(
            "SELECT clip_id, guild_id, channel_id, message_id FROM best_of_posts "
            "WHERE is_due ORDER BY clip_id"
        )
        return [BestPost(**dict(row)) for row in rows]

    async def record(self, clip_id: int, message_id: int, stars: int) -> None:
        """Record a post's message and the stars it shows.

        It stays due if a star was given meanwhile, or the clip was deleted or erased.
        """
        await self._write(
            "UPDATE best_of_posts SET message_id = ?1, is_due = NOT "
            "EXISTS (SELECT 1 FROM clips WHERE id = ?2 AND clips.stars = ?3 AND NOT is_deleted) "
            "WHERE clip_id = ?2",
            message_id, clip_id, stars,
        )  # fmt: skip

    async def delete_post(self, clip_id: int) -> None:
        """Delete the record of a post that is deleted, or was never made."""
        await self._write("DELETE FROM best_of_posts WHERE clip_id = ?", clip_id)

    async def _write(self, sql: str, *values: object) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(sql, values)
