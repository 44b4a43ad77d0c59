"""Messages that still show deleted clips, recorded in the transaction of the deletion."""

from __future__ import annotations

from collections.abc import Collection

import aiosqlite

from bot.domain.withdrawals import Withdrawal
from bot.store.database import Database


class Withdrawals:
    """The table withdrawals."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Withdrawal]:
        """Return the messages that still have to be changed."""
        rows = await self._database.all("SELECT * FROM withdrawals ORDER BY message_id")
        return [Withdrawal(**dict(row)) for row in rows]

    async def delete(self, withdrawal: Withdrawal) -> None:
        """Delete one that was carried out, or can't be."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "DELETE FROM withdrawals WHERE message_id = ? AND channel_id = ?",
                (withdrawal.message_id, withdrawal.channel_id),
            )


async def record_withdrawals(
    connection: aiosqlite.Connection, withdrawals: Collection[Withdrawal]
) -> None:
    """Record the messages that show a clip, within the transaction that deletes it."""
    await connection.executemany(
        "INSERT OR REPLACE INTO withdrawals (message_id, channel_id, clip_id) VALUES (?, ?, ?)",
        [(each.message_id, each.channel_id, each.clip_id) for each in withdrawals],
    )
