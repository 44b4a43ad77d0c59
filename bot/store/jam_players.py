"""The players of jams: joining the rotation, and copying track and credits to a fork."""

from __future__ import annotations

import aiosqlite


async def join_round(
    connection: aiosqlite.Connection, jam_id: int, user_id: int, name: str, now: float
) -> bool:
    """Append a person to the rotation unless they are in it; return whether they were added."""
    joined = await connection.execute(
        "INSERT INTO jam_players (jam_id, user_id, number, name, joined_at) "
        "SELECT ?1, ?2, COALESCE((SELECT MAX(number) FROM jam_players WHERE jam_id = ?1), 0) + 1, "
        "?3, ?4 WHERE true ON CONFLICT (jam_id, user_id) "
        "DO UPDATE SET number = excluded.number, name = excluded.name, is_away = 0 WHERE is_away",
        (jam_id, user_id, name, now),
    )
    return joined.rowcount > 0


async def copy_track(
    connection: aiosqlite.Connection, source_id: int, jam_id: int, now: float
) -> None:
    """Copy the track and credits of a jam to its fork."""
    await connection.execute(
        "INSERT INTO jam_turns (jam_id, number, job_id, user_id, starts_at_seconds, made_at) "
        "SELECT ?, number, job_id, user_id, starts_at_seconds, made_at FROM jam_turns "
        "WHERE jam_id = ? AND NOT is_undone",
        (jam_id, source_id),
    )
    # Credited, but away: the rotation doesn't wait for them. Who is being erased would be credited
    # from now on, which is after their request.
    await connection.execute(
        "INSERT INTO jam_players (jam_id, user_id, number, name, joined_at, is_away) "
        "SELECT ?1, user_id, number, name, ?3, 1 FROM jam_players AS players WHERE jam_id = ?2 "
        "AND EXISTS (SELECT 1 FROM jam_turns WHERE jam_turns.jam_id = ?2 AND NOT is_undone "
        "AND jam_turns.user_id = players.user_id) "
        "AND NOT EXISTS (SELECT 1 FROM forgotten WHERE forgotten.user_id = players.user_id "
        "AND is_pending AND (joined_at <= forgotten.at OR joined_at > ?3))",
        (jam_id, source_id, now),
    )
