"""Erase a person's data in small transactions, so that nobody waits long.

The request is recorded first (table `forgotten`). From then on the data it covers is hidden, and an
interrupted erasure continues when the database is next opened. It covers jobs and ledger entries up
to the largest ids of that moment; later orders are unaffected. Each function here is one piece, and
runs within the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

import aiosqlite

from bot.store.job_states import ENDED, UNFINISHED

PIECE = 25
"""Jobs deleted per transaction; takes a few milliseconds."""

NOT_FORGOTTEN = """
    NOT EXISTS (
        SELECT 1 FROM forgotten
        WHERE forgotten.user_id = clips.user_id AND is_pending AND clips.job_id <= last_job_id)
"""
"""SQL condition: a clip is not covered by an erasure request of its person."""

_FORGETTING = "forgetting"


def _is_covered(column: str) -> str:
    """Return the SQL condition for a time to be covered by the request of person `?1`, at `?2` now.

    A time in the future is of a clock that was wrong, before or at the request.
    """
    return f"({column} <= (SELECT at FROM forgotten WHERE user_id = ?1) OR {column} > ?2)"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Piece:
    """The last job of a piece, and the file names of its clips."""

    last_job_id: int
    files: tuple[str, ...] = ()


async def record_request(connection: aiosqlite.Connection, user_id: int, now: float) -> bool:
    """Record an erasure request; return False while a job of the person is unfinished."""
    going_on = f"SELECT 1 FROM jobs WHERE user_id = ? AND {UNFINISHED} LIMIT 1"  # noqa: S608 - ours
    if await connection.execute_fetchall(going_on, (user_id,)):
        return False
    await connection.execute(
        "INSERT OR REPLACE INTO forgotten (user_id, at, last_job_id, last_entry_id, is_pending) "
        "VALUES (?1, ?2, "
        "COALESCE((SELECT MAX(id) FROM jobs WHERE user_id = ?1), 0), "
        "COALESCE((SELECT MAX(id) FROM ledger WHERE user_id = ?1), 0), 1)",
        (user_id, now),
    )
    return True


async def delete_words(connection: aiosqlite.Connection, user_id: int, after: int) -> Piece | None:
    """Delete the next piece of a person's clips and prompts; None if there are no more."""
    rows = list(
        await connection.execute_fetchall(
            "SELECT jobs.id, file, is_deleted FROM jobs LEFT JOIN clips ON job_id = jobs.id "
            "WHERE jobs.user_id = ?1 AND jobs.id > ?2 "
            "AND jobs.id <= (SELECT last_job_id FROM forgotten WHERE user_id = ?1) "
            "ORDER BY jobs.id LIMIT ?3",
            (user_id, after, PIECE),
        )
    )
    if not rows:
        return None
    whose = (user_id, rows[0]["id"], rows[-1]["id"])
    theirs = "SELECT id FROM jobs WHERE user_id = ? AND id BETWEEN ? AND ?"
    await connection.execute(
        "DELETE FROM clip_parents WHERE clip_id IN "  # noqa: S608 - ours
        f"(SELECT id FROM clips WHERE job_id IN ({theirs}))",
        whose,
    )
    await connection.execute(
        "DELETE FROM stars WHERE clip_id IN "  # noqa: S608 - ours
        f"(SELECT id FROM clips WHERE job_id IN ({theirs}))",
        whose,
    )
    await connection.execute(
        "DELETE FROM reports WHERE clip_id IN "  # noqa: S608 - ours
        f"(SELECT id FROM clips WHERE job_id IN ({theirs}))",
        whose,
    )
    await connection.execute(f"DELETE FROM clips WHERE job_id IN ({theirs})", whose)  # noqa: S608
    await connection.execute(
        "UPDATE battle_entries SET job_id = NULL, user_id = NULL "  # noqa: S608 - ours
        f"WHERE job_id IN ({theirs})",
        whose,
    )
    await connection.execute(
        "UPDATE jams SET version = version + 1 WHERE id IN "  # noqa: S608 - ours
        f"(SELECT jam_id FROM jam_turns WHERE job_id IN ({theirs}))",
        whose,
    )
    await connection.execute(
        f"UPDATE jam_turns SET job_id = NULL, user_id = NULL WHERE job_id IN ({theirs})",  # noqa: S608
        whose,
    )
    await connection.execute(
        "UPDATE jobs SET prompt = NULL, source = NULL, parent_ids = '[]', sentence = NULL, "
        "token = NULL, message_id = NULL, clip_id = NULL, locale = NULL, battle_id = NULL, "
        "jam_id = NULL, daily_id = NULL "
        "WHERE user_id = ? AND id BETWEEN ? AND ?",
        whose,
    )
    files = (row["file"] for row in rows if row["file"] is not None and not row["is_deleted"])
    return Piece(rows[-1]["id"], tuple(files))


async def delete_entries(
    connection: aiosqlite.Connection, user_id: int, after: int, today: str
) -> Piece | None:
    """Delete the next piece of a person's jobs with their ledger entries, except today's.

    None if there are no more. Skips a job that was unfinished at the request, and its clip; older
    versions left such jobs.
    """
    rows = list(
        await connection.execute_fetchall(
            "SELECT id FROM jobs WHERE user_id = ?1 AND id > ?2 "
            "AND id <= (SELECT last_job_id FROM forgotten WHERE user_id = ?1) "
            "ORDER BY id LIMIT ?3",
            (user_id, after, PIECE),
        )
    )
    if not rows:
        return None
    whose = (user_id, rows[0]["id"], rows[-1]["id"])
    ended = (
        f"SELECT id FROM jobs WHERE user_id = ? AND id BETWEEN ? AND ? AND {ENDED} "  # noqa: S608
        "AND NOT EXISTS (SELECT 1 FROM clips WHERE job_id = jobs.id)"
    )
    await _open_ledger(connection, user_id)
    # Also entries dated in the future, written with a wrong clock.
    await connection.execute(
        f"DELETE FROM ledger WHERE job_id IN ({ended}) AND day != ?",  # noqa: S608 - ours
        (*whose, today),
    )
    await connection.execute(
        f"DELETE FROM jobs WHERE id IN ({ended}) "  # noqa: S608 - ours
        "AND NOT EXISTS (SELECT 1 FROM ledger WHERE job_id = jobs.id)",
        whose,
    )
    await _close_ledger(connection)
    return Piece(rows[-1]["id"])


async def delete_stars(connection: aiosqlite.Connection, user_id: int, now: float) -> bool:
    """Delete stars given before the request; return whether there may be more."""
    deleted = await connection.execute(
        "DELETE FROM stars WHERE (clip_id, user_id) IN (SELECT clip_id, user_id FROM stars "  # noqa: S608
        f"WHERE user_id = ?1 AND {_is_covered('starred_at')} LIMIT ?3)",
        (user_id, now, PIECE),
    )
    return deleted.rowcount == PIECE


async def delete_reports(connection: aiosqlite.Connection, user_id: int, now: float) -> bool:
    """Delete reports made before the request; return whether there may be more."""
    deleted = await connection.execute(
        "DELETE FROM reports WHERE id IN (SELECT id FROM reports "  # noqa: S608 - ours
        f"WHERE user_id = ?1 AND {_is_covered('reported_at')} LIMIT ?3)",
        (user_id, now, PIECE),
    )
    return deleted.rowcount == PIECE


async def delete_settings(connection: aiosqlite.Connection, user_id: int) -> None:
    """Delete a person's preferences and presets: few rows."""
    await connection.execute("DELETE FROM preferences WHERE user_id = ?", (user_id,))
    await connection.execute("DELETE FROM presets WHERE is_server = 0 AND owner_id = ?", (user_id,))


async def delete_battles(connection: aiosqlite.Connection, user_id: int, now: float) -> bool:
    """Anonymize battles begun before the request; return whether there may be more.

    Other people's entries in them stay.
    """
    changed = await connection.execute(
        "UPDATE battles SET user_id = NULL, prompt = NULL WHERE id IN (SELECT id FROM battles "  # noqa: S608
        f"WHERE user_id = ?1 AND {_is_covered('created_at')} LIMIT ?3)",
        (user_id, now, PIECE),
    )
    return changed.rowcount == PIECE


async def delete_jams(connection: aiosqlite.Connection, user_id: int, now: float) -> bool:
    """Anonymize a person in jams from before the request; return whether there may be more.

    Other people's turns in them stay.
    """
    started = await connection.execute(
        "UPDATE jams SET user_id = NULL, title = NULL, style = NULL, version = version + 1 "  # noqa: S608
        "WHERE id IN (SELECT id FROM jams "
        f"WHERE user_id = ?1 AND {_is_covered('created_at')} LIMIT ?3)",
        (user_id, now, PIECE),
    )
    played = list(
        await connection.execute_fetchall(
            "DELETE FROM jam_players WHERE (user_id, jam_id) IN (SELECT user_id, jam_id "  # noqa: S608
            "FROM jam_players WHERE user_id = ?1 "
            f"AND {_is_covered('joined_at')} LIMIT ?3) RETURNING jam_id",
            (user_id, now, PIECE),
        )
    )
    # The card may say that it is their turn.
    await connection.executemany(
        "UPDATE jams SET version = version + 1 WHERE id = ? AND state = 'open'",
        [(row["jam_id"],) for row in played],
    )
    await connection.execute(
        "UPDATE jams SET holder_id = NULL, held_until = NULL, version = version + 1 "
        "WHERE holder_id = ?",
        (user_id,),
    )
    return PIECE in (started.rowcount, len(played))


async def delete_resets(connection: aiosqlite.Connection, user_id: int, today: str) -> bool:
    """Delete a person's quota resets, except today's; return whether there are more."""
    await _open_ledger(connection, user_id)
    deleted = await connection.execute(
        "DELETE FROM ledger WHERE id IN (SELECT id FROM ledger "
        "WHERE user_id = ?1 AND day != ?2 AND job_id IS NULL "
        "AND id <= (SELECT last_entry_id FROM forgotten WHERE user_id = ?1) LIMIT ?3)",
        (user_id, today, PIECE),
    )
    await _close_ledger(connection)
    return deleted.rowcount == PIECE


async def _open_ledger(connection: aiosqlite.Connection, user_id: int) -> None:
    """Make the ledger's trigger allow deleting the entries of one person."""
    await connection.execute(
        "INSERT OR REPLACE INTO facts VALUES (?, ?)", (_FORGETTING, str(user_id))
    )


async def _close_ledger(connection: aiosqlite.Connection) -> None:
    await connection.execute("DELETE FROM facts WHERE name = ?", (_FORGETTING,))
