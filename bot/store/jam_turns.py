"""Turns and mixdowns of jams, begun and settled in the transactions of their jobs."""

from __future__ import annotations

import aiosqlite

from bot.domain.jobs import ClipSource, Kind, Order
from bot.errors import NotNow, Refused
from bot.i18n.sentence import Sentence
from bot.store.erasure import NOT_FORGOTTEN

CLOSED = Sentence("This jam is closed. `/jam start` begins another one.")
BEING_MADE = Sentence("A turn is being made right now: you can take the next one when it is ready.")
TAKEN_MEANWHILE = Sentence("Somebody else has taken this turn meanwhile.")
CHANGED = Sentence("The track has just changed. Please take the turn again.")

HEAD = f"""
    SELECT clips.id FROM jam_turns JOIN clips ON clips.job_id = jam_turns.job_id
    WHERE jam_id = ? AND NOT is_undone AND NOT is_deleted AND {NOT_FORGOTTEN}
    ORDER BY number DESC LIMIT 1
"""  # noqa: S608 - ours
"""SQL for the id of the clip that is a jam's whole track."""


async def check_turn(connection: aiosqlite.Connection, order: Order, now: float) -> None:
    """Raise Refused if an order can't be the jam's next turn, or its mixdown, now."""
    rows = list(
        await connection.execute_fetchall("SELECT * FROM jams WHERE id = ?", (order.jam_id,))
    )
    if not rows or rows[0]["state"] != "open":
        raise Refused(CLOSED)
    (jam,) = rows
    if jam["job_id"] is not None:
        raise NotNow(BEING_MADE)
    is_held = jam["holder_id"] is not None and jam["held_until"] > now
    if order.kind is Kind.JAM_TURN and is_held and jam["holder_id"] != order.origin.user_id:
        raise NotNow(TAKEN_MEANWHILE)
    heads = list(await connection.execute_fetchall(HEAD, (order.jam_id,)))
    source = order.source.clip_id if isinstance(order.source, ClipSource) else None
    if source != (heads[0]["id"] if heads else None):
        raise NotNow(CHANGED)


async def begin_turn(connection: aiosqlite.Connection, order: Order, job_id: int) -> None:
    """Record that a job makes a jam's next turn, or its mixdown.

    Deleted turns after the track are not in what it is made from, and not part of it any more.
    """
    is_mix = order.kind is Kind.JAM_MIX
    source = order.source.clip_id if isinstance(order.source, ClipSource) else None
    await connection.execute(
        "UPDATE jam_turns SET is_undone = 1 WHERE jam_id = ?1 AND number > COALESCE("
        "(SELECT number FROM jam_turns JOIN clips ON clips.job_id = jam_turns.job_id "
        "WHERE jam_id = ?1 AND clips.id = ?2), 0)",
        (order.jam_id, source),
    )
    await connection.execute(
        "UPDATE jams SET job_id = ?, holder_id = NULL, held_until = NULL, state = ?, "
        "version = version + 1 WHERE id = ?",
        (job_id, "closing" if is_mix else "open", order.jam_id),
    )


async def settle_turn(
    connection: aiosqlite.Connection, job_id: int, now: float, *, is_delivered: bool
) -> bool:
    """Record how the job of a turn or mixdown has ended; return whether it was one.

    A delivered turn is part of the track. Otherwise the turn is open again, for the same person. A
    mixdown that was held counts as made.
    """
    rows = list(
        await connection.execute_fetchall(
            "SELECT jams.id, jobs.kind, jobs.user_id, jobs.state FROM jams JOIN jobs "
            "ON jobs.id = jams.job_id WHERE jams.job_id = ?",
            (job_id,),
        )
    )
    if not rows:
        return False
    (found,) = rows
    is_mix = found["kind"] == Kind.JAM_MIX
    is_closed = is_mix and (is_delivered or found["state"] == "held")
    if is_delivered and not is_mix:
        await connection.execute(
            "INSERT INTO jam_turns (jam_id, number, job_id, user_id, starts_at_seconds, made_at) "
            "SELECT ?1, COALESCE((SELECT MAX(number) FROM jam_turns WHERE jam_id = ?1), 0) + 1, "
            "?2, ?3, clips.seconds_before, ?4 FROM clips WHERE clips.job_id = ?2",
            (found["id"], job_id, found["user_id"], now),
        )
    await connection.execute(
        "UPDATE jams SET job_id = NULL, turn_since = ?, version = version + 1, "
        "state = CASE WHEN state = 'closed' OR ? THEN 'closed' ELSE 'open' END, "
        "mix_job_id = CASE WHEN ? THEN ? ELSE mix_job_id END WHERE id = ?",
        (now, is_closed, is_closed, job_id, found["id"]),
    )
    return True
