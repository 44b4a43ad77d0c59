"""The ledger of seconds: an append-only record of quota use.

A job's seconds are reserved at admission, then committed or refunded exactly once. Used quota is
computed from the entries and never stored.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import aiosqlite

from bot.domain.jobs import Order
from bot.domain.limits import Quota
from bot.domain.quota_day import QuotaDay
from bot.i18n.sentence import Sentence
from bot.store.database import Database
from bot.store.invariants import check
from bot.store.ledger_invariants import LEDGER_INVARIANTS
from bot.store.usage import RECEIVED_BY_PERSON, USED_BY_PERSON, USED_ON_GUILD

Clock = Callable[[], float]


class Ledger:
    """The ledger table."""

    def __init__(self, database: Database, clock: Clock, day: QuotaDay) -> None:
        self._database, self._clock, self._day = database, clock, day

    def resets_at(self) -> float:
        """Return when the next quota day begins, in seconds since 1970."""
        return self._day.resets_at(self._clock())

    async def quota(
        self, user_id: int, daily_seconds: float, most_daily_seconds: float = math.inf
    ) -> Quota:
        """Return a person's use of today's seconds.

        Of `most_daily_seconds` no manager's reset gives any back: if less is left of them, the rest
        of `daily_seconds` counts as used.
        """
        now = self._clock()
        row = await self._database.one(
            f"SELECT ({USED_BY_PERSON}) AS used, ({RECEIVED_BY_PERSON}) AS received",
            {"user": user_id, "day": self._day.of(now)},
        )
        assert row is not None
        left = max(0.0, most_daily_seconds - float(row["received"]))
        return Quota(
            used_seconds=max(float(row["used"]), daily_seconds - left),
            daily_seconds=daily_seconds,
            resets_at=self._day.resets_at(now),
        )

    async def reset(self, user_id: int, guild_id: int | None) -> float:
        """Give a person today's used seconds on a server back; return how many.

        Without a server: all of today's, everywhere, including the absolute maximum; only for the
        owner of the bot. The server's own total does not change, since that much was generated.
        """
        now = self._clock()
        about = {"user": user_id, "guild": guild_id, "day": self._day.of(now), "now": now}
        sql = RECEIVED_BY_PERSON if guild_id is None else USED_ON_GUILD
        async with self._database.transaction() as connection:
            (row,) = await connection.execute_fetchall(sql, about)
            used = float(row[0])
            if used > 0:
                await connection.execute(
                    "INSERT INTO ledger (user_id, guild_id, day, entry, seconds, at) "
                    "VALUES (:user, :guild, :day, 'reset', :used, :now)",
                    about | {"used": used},
                )
        return used

    async def check(self) -> list[Sentence]:
        """Return the violated invariants of the ledger, as sentences."""
        return await check(self._database, LEDGER_INVARIANTS)


async def reserve(
    connection: aiosqlite.Connection, job_id: int, order: Order, now: float, day: str
) -> None:
    """Reserve a job's seconds for a day."""
    origin = order.origin
    await connection.execute(
        "INSERT INTO ledger (job_id, user_id, guild_id, day, entry, seconds, at) "
        "VALUES (?, ?, ?, ?, 'reserve', ?, ?)",
        (job_id, origin.user_id, origin.guild_id, day, order.seconds, now),
    )


async def resolve(connection: aiosqlite.Connection, job_id: int, entry: str, now: float) -> None:
    """Commit or refund a job's reservation, dated on the day of the reservation."""
    await connection.execute(
        "INSERT INTO ledger (job_id, user_id, guild_id, day, entry, seconds, at) "
        "SELECT job_id, user_id, guild_id, day, ?, seconds, ? FROM ledger "
        "WHERE job_id = ? AND entry = 'reserve'",
        (entry, now, job_id),
    )
