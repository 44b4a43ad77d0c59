"""The table of open answers, recorded before they are shown."""

from __future__ import annotations

import asyncio

import aiosqlite

from bot.domain.answers import OpenAnswer
from bot.store.database import Database


class OpenAnswers:
    """The table open_answers: responses that a stop or a start has to end."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = asyncio.Lock()
        self._waiting: list[OpenAnswer] = []

    async def open(self, answer: OpenAnswer) -> None:
        """Record an answer that is about to be shown.

        Concurrent calls share one transaction (group commit), since each person waits.
        """
        self._waiting.append(answer)
        async with self._turn:
            if answer not in self._waiting:
                return  # an earlier caller's transaction has included it
            together, self._waiting = self._waiting, []
            try:
                await self._write(together)
            except BaseException:
                # On failure the others retry themselves: no unrecorded answer may be shown.
                self._waiting += [each for each in together if each is not answer]
                raise

    async def _write(self, together: list[OpenAnswer]) -> None:
        async with self._database.transaction(urgent=True) as connection:
            await connection.executemany(
                "INSERT OR REPLACE INTO open_answers (key, channel_id, text, token, message_id, "
                "locale) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (each.key, each.channel_id, each.text, each.token, each.message_id, each.locale)
                    for each in together
                ],
            )

    async def record_shown(self, key: str, message_id: int, *, token: str | None = None) -> None:
        """Record an answer's message id, and its token if given."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE open_answers SET message_id = ?1, token = COALESCE(?2, token) "
                "WHERE key = ?3",
                (message_id, token, key),
            )

    async def get(self, key: str) -> OpenAnswer | None:
        """Return an answer that is still open."""
        row = await self._database.one("SELECT * FROM open_answers WHERE key = ?", (key,))
        return None if row is None else _answer_of(row)

    async def all(self) -> list[OpenAnswer]:
        """Return all that are open."""
        rows = await self._database.all("SELECT * FROM open_answers ORDER BY key")
        return [_answer_of(row) for row in rows]

    async def close(self, key: str) -> None:
        """Delete an answer that was finished."""
        async with self._database.transaction() as connection:
            await close(connection, key)


async def close(connection: aiosqlite.Connection, key: str) -> None:
    """Delete an answer within a transaction: a job was accepted for it, or it was finished."""
    await connection.execute("DELETE FROM open_answers WHERE key = ?", (key,))


def _answer_of(row: aiosqlite.Row) -> OpenAnswer:
    return OpenAnswer(
        key=row["key"],
        channel_id=row["channel_id"],
        text=row["text"],
        token=row["token"],
        message_id=row["message_id"],
        locale=row["locale"],
    )
