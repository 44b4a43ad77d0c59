"""The servers' lists of unwanted words, as their managers wrote them."""

from __future__ import annotations

from bot.store.database import Database


class UnwantedWords:
    """The table of the servers' word lists."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, guild_id: int) -> list[str]:
        """Return a server's entries, sorted."""
        rows = await self._database.all(
            "SELECT entry FROM unwanted_words WHERE guild_id = ? ORDER BY entry", (guild_id,)
        )
        return [row["entry"] for row in rows]

    async def add(self, guild_id: int, entry: str, *, most: int) -> bool:
        """Add an entry unless a server has `most`; return whether it is in the list."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "INSERT OR IGNORE INTO unwanted_words (guild_id, entry) SELECT ?1, ?2 "
                "WHERE (SELECT COUNT(*) FROM unwanted_words WHERE guild_id = ?1) < ?3",
                (guild_id, entry, most),
            )
            there = await connection.execute_fetchall(
                "SELECT 1 FROM unwanted_words WHERE guild_id = ? AND entry = ?", (guild_id, entry)
            )
        return bool(there)

    async def remove(self, guild_id: int, entry: str) -> bool:
        """Remove a server's entry; return whether it existed."""
        async with self._database.transaction() as connection:
            done = await connection.execute(
                "DELETE FROM unwanted_words WHERE guild_id = ? AND entry = ?", (guild_id, entry)
            )
        return done.rowcount == 1
