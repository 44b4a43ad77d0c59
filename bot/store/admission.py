"""Admission checks. They run inside the caller's transaction, where nothing changes in between."""

from __future__ import annotations

from typing import Any

import aiosqlite

from bot.domain.jobs import Order
from bot.domain.limits import Limits
from bot.errors import Refused
from bot.i18n.sentence import Moment, Plural, Sentence
from bot.store.job_states import UNFINISHED
from bot.store.ledger import day_of, resets_at, used_by_guild, used_by_user

BLOCKED = Sentence("You can't make music on this server.")
DRAINING = Sentence("The bot is about to be restarted: please try again in a minute or two.")
QUEUE_FULL = Sentence(
    "The queue is so long that your clip would have to wait too long: try again later."
)


async def check(connection: aiosqlite.Connection, order: Order, limits: Limits, now: float) -> None:
    """Raise Refused with the first reason why an order can't be accepted now."""
    origin = order.origin
    blocked = "SELECT COUNT(*) FROM blocked WHERE guild_id = ? AND user_id = ?"
    if await _number(connection, blocked, origin.guild_id, origin.user_id):
        raise Refused(BLOCKED)
    if await _number(connection, "SELECT value != '' FROM facts WHERE name = 'draining'"):
        raise Refused(DRAINING)
    await _check_queue(connection, order, limits)
    await _check_seconds(connection, order, limits, now)


async def _check_queue(connection: aiosqlite.Connection, order: Order, limits: Limits) -> None:
    origin = order.origin
    mine = f"SELECT COUNT(*) FROM jobs WHERE user_id = ? AND {UNFINISHED}"  # noqa: S608 - ours
    if await _number(connection, mine, origin.user_id) >= limits.waiting_per_user:
        raise Refused(
            Plural(
                "You have a clip in the queue already: wait for one, or cancel one.",
                "You have {n} clips in the queue already: wait for one, or cancel one.",
                n=limits.waiting_per_user,
            )
        )
    theirs = f"SELECT COUNT(*) FROM jobs WHERE guild_id = ? AND {UNFINISHED}"  # noqa: S608 - ours
    if await _number(connection, theirs, origin.guild_id) >= limits.waiting_per_guild:
        raise Refused(
            Sentence(
                "This server has as many clips in the queue as it may: try again a little later."
            )
        )
    everyone = f"SELECT COUNT(*) FROM jobs WHERE {UNFINISHED}"  # noqa: S608 - ours
    if await _number(connection, everyone) >= limits.waiting:
        raise Refused(QUEUE_FULL)


async def _check_seconds(
    connection: aiosqlite.Connection, order: Order, limits: Limits, now: float
) -> None:
    origin, day, again = order.origin, day_of(now), Moment(resets_at(now))
    used = await used_by_user(connection, origin.user_id, day)
    left = max(0.0, limits.daily_seconds - used)
    if order.seconds > left + 1e-6:
        raise Refused(
            Sentence(
                "You have {left:.0f} s of music left today and this takes {seconds:.0f} s. "
                "Your day resets {again}.",
                left=left,
                seconds=order.seconds,
                again=again,
            )
        )
    if origin.guild_id is None or limits.guild_daily_seconds is None:
        return
    used = await used_by_guild(connection, origin.guild_id, day)
    left = max(0.0, limits.guild_daily_seconds - used)
    if order.seconds > left + 1e-6:
        raise Refused(
            Sentence(
                "This server has {left:.0f} s of music left today and this takes "
                "{seconds:.0f} s. Its day resets {again}.",
                left=left,
                seconds=order.seconds,
                again=again,
            )
        )


async def _number(connection: aiosqlite.Connection, sql: str, *parameters: Any) -> int:  # noqa: ANN401
    async with connection.execute(sql, parameters) as cursor:
        row = await cursor.fetchone()
    return int(row[0]) if row else 0
