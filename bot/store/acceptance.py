"""Accept an order in one transaction: check it, reserve its seconds, insert a job."""

from __future__ import annotations

import json

import aiosqlite

from bot.domain.jobs import Job, MessageHandle, Order
from bot.domain.limits import Limits
from bot.domain.quota_day import QuotaDay
from bot.store import ledger, open_answers
from bot.store.admission import Admission
from bot.store.battle_entries import decide_entry, entry_query
from bot.store.jam_turns import begin_turn, check_turn
from bot.store.rows import job_of, sampling_json, source_json


async def accept_order(
    connection: aiosqlite.Connection,
    order: Order,
    limits: Limits,
    message: MessageHandle,
    now: float,
    day: QuotaDay,
) -> Job:
    """Accept an order within the caller's transaction, at the time `now`.

    Idempotent: the same key returns the first job and costs nothing. Raises Refused.
    """
    # The job exists: its message is no longer an open answer.
    await open_answers.close(connection, order.key)
    known = list(
        await connection.execute_fetchall("SELECT * FROM jobs WHERE key = ?", (order.key,))
    )
    if known:
        return job_of(known[0])
    admission = Admission(order, limits, now, day)
    (deciding_row,) = await connection.execute_fetchall(*admission.query)
    admission.decide(deciding_row)
    if order.battle_id is not None:
        entering = entry_query(order.battle_id, order.origin.user_id, now)
        (deciding_row,) = await connection.execute_fetchall(*entering)
        decide_entry(deciding_row)
    if order.jam_id is not None:
        await check_turn(connection, order, now)
    origin = order.origin
    (row,) = await connection.execute_fetchall(
        "INSERT INTO jobs (key, state, created_at, user_id, guild_id, channel_id, kind, "
        "prompt, seconds, seed, sampling, source, parent_ids, token, token_expires_at, "
        "message_id, max_bytes, as_loop, locale, battle_id, jam_id, "
        "group_key, daily_id, is_private) "
        "VALUES (?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "RETURNING *",
        (
            order.key, now, origin.user_id, origin.guild_id, origin.channel_id, order.kind,
            order.prompt, order.seconds, order.seed, sampling_json(order.sampling),
            source_json(order.source, order.mix), json.dumps(order.parent_ids),
            message.token, message.expires_at, message.message_id, message.max_bytes,
            order.as_loop, order.locale, order.battle_id, order.jam_id, order.group_key,
            order.daily_id, order.is_private,
        ),
    )  # fmt: skip
    await ledger.reserve(connection, row["id"], order, now, day.of(now))
    if order.jam_id is not None:
        await begin_turn(connection, order, row["id"])
    return job_of(row)


async def give_message_alone(connection: aiosqlite.Connection, job: Job) -> Job:
    """Clear the group key of a job that is the only accepted take of its message."""
    (row,) = await connection.execute_fetchall(
        "UPDATE jobs SET group_key = NULL WHERE id = ? RETURNING *", (job.id,)
    )
    return job_of(row)
