"""Which clips are posted among a server's best; triggers record what is to be done."""

from __future__ import annotations

from bot.domain.best_of import BestPost
from bot.store.database import Database


class BestOf:
    """The tables of channels for the best clips, and of their posts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set(self, guild_id: int, channel_id: int, stars: int) -> None:
        """Name the channel, and how many stars a clip must have."""
        await self._write(
            "INSERT OR REPLACE INTO best_of VALUES (?, ?, ?)", guild_id, channel_id, stars
        )

    async def clear(self, guild_id: int) -> None:
        """Collect no more; what was posted stays."""
        await self._write("DELETE FROM best_of WHERE guild_id = ?", guild_id)

    async def due(self) -> list[BestPost]:
        """Return what is to be posted, changed or deleted."""
        rows = await self._database.all(
            "SELECT clip_id, guild_id, channel_id, message_id FROM best_of_posts "
            "WHERE is_due ORDER BY clip_id"
        )
        return [BestPost(**dict(row)) for row in rows]

    async def record(self, clip_id: int, message_id: int | None, stars: int) -> None:
        """Record the post of a clip that shows so many stars; None where it can't be posted.

        It stays due where a star came meanwhile.
        """
        await self._write(
            "UPDATE best_of_posts SET message_id = COALESCE(?1, message_id), is_due = "
            "EXISTS (SELECT 1 FROM clips WHERE id = ?2 AND (clips.stars != ?3 OR is_deleted)) "
            "WHERE clip_id = ?2",
            message_id, clip_id, stars,
        )  # fmt: skip

    async def delete_post(self, clip_id: int) -> None:
        """Forget the post of a clip that is deleted."""
        await self._write("DELETE FROM best_of_posts WHERE clip_id = ?", clip_id)

    async def _write(self, sql: str, *values: object) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(sql, values)
