"""People's preferences."""

from __future__ import annotations

from bot.domain.preferences import Preferences
from bot.store.database import Database


class PreferencesOfPeople:
    """The table of preferences; a person without a row has the defaults."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, user_id: int) -> Preferences:
        """Return a person's preferences."""
        row = await self._database.one(
            "SELECT is_called, seconds, is_private, as_voice, language FROM preferences "
            "WHERE user_id = ?",
            (user_id,),
        )
        if row is None:
            return Preferences()
        return Preferences(
            wants_ping=bool(row["is_called"]),
            seconds=row["seconds"],
            is_private=bool(row["is_private"]),
            as_voice=bool(row["as_voice"]),
            language=row["language"],
        )

    async def set(self, user_id: int, wanted: Preferences) -> None:
        """Store a person's preferences; defaults take no row."""
        async with self._database.transaction(urgent=True) as connection:
            if wanted == Preferences():
                await connection.execute("DELETE FROM preferences WHERE user_id = ?", (user_id,))
                return
            await connection.execute(
                "INSERT OR REPLACE INTO preferences "
                "(user_id, is_called, seconds, is_private, as_voice, language) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    user_id,
                    wanted.wants_ping,
                    wanted.seconds,
                    wanted.is_private,
                    wanted.as_voice,
                    wanted.language,
                ),
            )
