"""Daily prompts: each is recorded before it is posted, once for a server and a day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.domain.clips import Clip
from bot.domain.dailies import Daily, DailyPlan, DailyState
from bot.store.clip_visibility import IS_FOR_ALL
from bot.store.database import Database
from bot.store.erasure import NOT_FORGOTTEN
from bot.store.rows import CLIP_COLUMNS, clip_of

_KEPT = 366
"""How many prompts of a server are kept: one year."""


class Dailies:
    """The tables of daily plans and daily prompts."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    async def set_plan(self, guild_id: int, channel_id: int, hour: int, zone: str) -> DailyPlan:
        """Set a server's plan, and return it."""
        plan = DailyPlan(
            guild_id=guild_id, channel_id=channel_id, hour=hour, zone=zone, set_at=self._clock()
        )
        await self._write(
            "INSERT OR REPLACE INTO daily_plans VALUES (?, ?, ?, ?, ?)",
            plan.guild_id, plan.channel_id, plan.hour, plan.zone, plan.set_at,
        )  # fmt: skip
        return plan

    async def clear_plan(self, guild_id: int) -> None:
        """Delete a server's plan; its pending prompt is skipped."""
        async with self._database.transaction() as connection:
            await connection.execute("DELETE FROM daily_plans WHERE guild_id = ?", (guild_id,))
            await connection.execute(
                "UPDATE dailies SET state = 'skipped' WHERE guild_id = ? AND state = 'wished'",
                (guild_id,),
            )

    async def plans(self) -> list[DailyPlan]:
        """Return the plans of all servers."""
        rows = await self._database.all("SELECT * FROM daily_plans ORDER BY guild_id")
        return [DailyPlan(**dict(row)) for row in rows]

    async def plan(self, guild_id: int) -> DailyPlan | None:
        """Return a server's plan, if it has one."""
        row = await self._database.one("SELECT * FROM daily_plans WHERE guild_id = ?", (guild_id,))
        return None if row is None else DailyPlan(**dict(row))

    async def latest(self, guild_id: int, most: int, last_day: str) -> list[Daily]:
        """Return a server's latest prompts up to a day, newest first."""
        rows = await self._database.all(
            "SELECT * FROM dailies WHERE guild_id = ? AND day <= ? ORDER BY day DESC LIMIT ?",
            (guild_id, last_day, most),
        )
        return [_daily_of(row) for row in rows]

    async def get(self, daily_id: int) -> Daily | None:
        """Return a prompt."""
        row = await self._database.one("SELECT * FROM dailies WHERE id = ?", (daily_id,))
        return None if row is None else _daily_of(row)

    async def create(self, plan: DailyPlan, day: str, prompt: str, due_at: float) -> Daily:
        """Record the prompt of a day; if there is one already, return that."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "INSERT OR IGNORE INTO dailies "
                "(guild_id, channel_id, day, prompt, due_at, wished_at, state) "
                "VALUES (?, ?, ?, ?, ?, ?, 'wished')",
                (plan.guild_id, plan.channel_id, day, prompt, due_at, self._clock()),
            )
            await connection.execute(
                "DELETE FROM dailies WHERE guild_id = ?1 AND day < (SELECT day FROM dailies "
                "WHERE guild_id = ?1 ORDER BY day DESC LIMIT 1 OFFSET ?2)",
                (plan.guild_id, _KEPT - 1),
            )
            (row,) = await connection.execute_fetchall(
                "SELECT * FROM dailies WHERE guild_id = ? AND day = ?", (plan.guild_id, day)
            )
            return _daily_of(row)

    async def record_post(self, daily_id: int, message_id: int) -> None:
        """Record the message of a prompt."""
        await self._write(
            "UPDATE dailies SET state = 'posted', message_id = ? WHERE id = ?", message_id, daily_id
        )

    async def refuse(self, daily_id: int) -> None:
        """Record that a prompt can't be posted."""
        await self._write(
            "UPDATE dailies SET state = 'refused' WHERE id = ? AND state = 'wished'", daily_id
        )

    async def skip(self, daily_id: int) -> None:
        """Record that a prompt was not posted in time."""
        await self._write(
            "UPDATE dailies SET state = 'skipped' WHERE id = ? AND state = 'wished'", daily_id
        )

    async def clips(self, daily_id: int) -> list[Clip]:
        """Return the clips made from a prompt, most stars first."""
        rows = await self._database.all(
            f"SELECT {CLIP_COLUMNS} FROM jobs CROSS JOIN clips ON clips.id = jobs.clip_id "  # noqa: S608
            f"WHERE daily_id = ? AND state = 'delivered' AND NOT is_deleted "
            f"AND {NOT_FORGOTTEN} AND {IS_FOR_ALL}",
            (daily_id,),
        )
        return sorted(map(clip_of, rows), key=lambda clip: (-clip.stars, clip.id))

    async def _write(self, sql: str, *values: object) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(sql, values)


def _daily_of(row: Any) -> Daily:  # noqa: ANN401 - a row
    return Daily(**dict(row) | {"state": DailyState(row["state"])})
