"""Chosen languages of people and servers, by Discord's codes."""

from __future__ import annotations

from bot.store.database import Database


class ChosenLanguages:
    """The table of servers' languages, and the column of people's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_people(self) -> dict[int, str]:
        """Return the chosen languages by person id."""
        rows = await self._database.all(
            "SELECT user_id, language FROM preferences WHERE language IS NOT NULL"
        )
        return {row["user_id"]: row["language"] for row in rows}

    async def of_servers(self) -> dict[int, str]:
        """Return the chosen languages by server id."""
        rows = await self._database.all("SELECT guild_id, language FROM server_languages")
        return {row["guild_id"]: row["language"] for row in rows}

    async def set_of_server(self, guild_id: int, language: str | None) -> None:
        """Set a server's language; None is the one that Discord reports."""
        async with self._database.transaction() as connection:
            if language is None:
                await connection.execute(
                    "DELETE FROM server_languages WHERE guild_id = ?", (guild_id,)
                )
            else:
                await connection.execute(
                    "INSERT OR REPLACE INTO server_languages VALUES (?, ?)", (guild_id, language)
                )
