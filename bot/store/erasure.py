"""Delete what is kept of a person in pieces, each short enough that nobody waits for it.

The wish is recorded first (the table `forgotten`); from then on nothing that it covers is
shown, and whoever opens the database next goes on with it. It covers jobs and entries by their ids,
which only grow: an order that comes later is one like any other.

Each function here is one piece: it runs within the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

import aiosqlite

from bot.store.job_states import ENDED, UNFINISHED

PIECE = 25
"""How many jobs are deleted in one transaction: a few milliseconds' worth."""

NOT_FORGOTTEN = """
    NOT EXISTS (
        SELECT 1 FROM forgotten
        WHERE forgotten.user_id = clips.user_id AND is_pending AND clips.job_id <= last_job_id)
"""
"""The condition that a clip's person has not wished it away."""

_FORGETTING = "forgetting"


@dataclass(frozen=True, slots=True)
class Piece:
    """The last job of a piece, and the names of the files of its clips."""

    last_job_id: int
    files: tuple[str, ...] = ()


async def record_request(connection: aiosqlite.Connection, user_id: int, now: float) -> bool:
    """Record that a person wishes to be forgotten; False while a job of theirs goes on."""
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
    """Delete the clips and words of a person's jobs after an id; None where there are no more."""
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
    """Delete a person's jobs after an id with their entries, but for those of today.

    None where there are no more. Not those of a job that was unfinished when its person was
    forgotten, nor its clip: older versions left them.
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
    # Also those of a day to come: the clock was wrong when they were written.
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


async def delete_stars(connection: aiosqlite.Connection, user_id: int) -> bool:
    """Delete stars that a person gave before their wish; return whether there may be more."""
    deleted = await connection.execute(
        "DELETE FROM stars WHERE (clip_id, user_id) IN (SELECT clip_id, user_id FROM stars "
        "WHERE user_id = ?1 AND starred_at <= (SELECT at FROM forgotten WHERE user_id = ?1) "
        "LIMIT ?2)",
        (user_id, PIECE),
    )
    return deleted.rowcount == PIECE


async def delete_reports(connection: aiosqlite.Connection, user_id: int) -> bool:
    """Delete reports that a person made before their wish; return whether there may be more."""
    deleted = await connection.execute(
        "DELETE FROM reports WHERE id IN (SELECT id FROM reports "
        "WHERE user_id = ?1 AND reported_at <= (SELECT at FROM forgotten WHERE user_id = ?1) "
        "LIMIT ?2)",
        (user_id, PIECE),
    )
    return deleted.rowcount == PIECE


async def delete_settings(connection: aiosqlite.Connection, user_id: int) -> None:
    """Delete what a person has set for themselves: few rows, at any time."""
    await connection.execute("DELETE FROM preferences WHERE user_id = ?", (user_id,))
    await connection.execute("DELETE FROM presets WHERE is_server = 0 AND owner_id = ?", (user_id,))


async def delete_battles(connection: aiosqlite.Connection, user_id: int) -> bool:
    """Remove a person from battles begun before the request; return whether there are more."""
    changed = await connection.execute(
        "UPDATE battles SET user_id = NULL, prompt = NULL WHERE id IN (SELECT id FROM battles "
        "WHERE user_id = ?1 AND created_at <= (SELECT at FROM forgotten WHERE user_id = ?1) "
        "LIMIT ?2)",
        (user_id, PIECE),
    )
    return changed.rowcount == PIECE


async def delete_jams(connection: aiosqlite.Connection, user_id: int) -> bool:
    """Take a person off jams from before their wish; return whether there may be more.

    What others play there stays theirs.
    """
    started = await connection.execute(
        "UPDATE jams SET user_id = NULL, title = NULL, style = NULL, version = version + 1 "
        "WHERE id IN (SELECT id FROM jams "
        "WHERE user_id = ?1 AND created_at <= (SELECT at FROM forgotten WHERE user_id = ?1) "
        "LIMIT ?2)",
        (user_id, PIECE),
    )
    played = await connection.execute(
        "DELETE FROM jam_players WHERE (user_id, jam_id) IN (SELECT user_id, jam_id "
        "FROM jam_players WHERE user_id = ?1 "
        "AND joined_at <= (SELECT at FROM forgotten WHERE user_id = ?1) LIMIT ?2)",
        (user_id, PIECE),
    )
    await connection.execute(
        "UPDATE jams SET holder_id = NULL, held_until = NULL, version = version + 1 "
        "WHERE holder_id = ?",
        (user_id,),
    )
    return PIECE in (started.rowcount, played.rowcount)


async def delete_resets(connection: aiosqlite.Connection, user_id: int, today: str) -> bool:
    """Delete a person's resets, but for those of today; return whether there are more."""
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
    """Let the trigger of the ledger permit deleting the entries of one person, and no others."""
    await connection.execute(
        "INSERT OR REPLACE INTO facts VALUES (?, ?)", (_FORGETTING, str(user_id))
    )


async def _close_ledger(connection: aiosqlite.Connection) -> None:
    await connection.execute("DELETE FROM facts WHERE name = ?", (_FORGETTING,))
