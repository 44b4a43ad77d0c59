"""Plans of running radios, which are restored after a restart."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

from bot.domain.radio import RadioPlan, RadioSource
from bot.store.database import Database


class Radios:
    """The table of radios: at most one per server."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    async def begin(self, plan: RadioPlan) -> None:
        """Store the plan of a radio that begins, replacing the server's other one."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "INSERT OR REPLACE INTO radios (guild_id, channel_id, text_channel_id, source, "
                "user_id, person_id, jam_id, message_id, words, begun_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    plan.guild_id, plan.channel_id, plan.text_channel_id, plan.source,
                    plan.user_id, plan.person_id, plan.jam_id, plan.message_id,
                    json.dumps(plan.words), self._clock(),
                ),
            )  # fmt: skip

    async def update(self, plan: RadioPlan) -> None:
        """Store what changes in a running radio's plan, unless it was deleted with a person."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE radios SET channel_id = ?, source = ?, person_id = ?, jam_id = ?, "
                "message_id = ?, words = ? WHERE guild_id = ? AND user_id = ?",
                (
                    plan.channel_id, plan.source, plan.person_id, plan.jam_id, plan.message_id,
                    json.dumps(plan.words), plan.guild_id, plan.user_id,
                ),
            )  # fmt: skip

    async def drop(self, guild_id: int) -> None:
        """Delete the plan of a server's radio."""
        async with self._database.transaction() as connection:
            await connection.execute("DELETE FROM radios WHERE guild_id = ?", (guild_id,))

    async def all(self) -> list[RadioPlan]:
        """Return all stored plans."""
        return [_plan_of(row) for row in await self._database.all("SELECT * FROM radios")]


def _plan_of(row: sqlite3.Row) -> RadioPlan:
    return RadioPlan(
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        text_channel_id=row["text_channel_id"],
        source=RadioSource(row["source"]),
        user_id=row["user_id"],
        person_id=row["person_id"],
        jam_id=row["jam_id"],
        message_id=row["message_id"],
        words=tuple((text, weight) for text, weight in json.loads(row["words"])),
    )
