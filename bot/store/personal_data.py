"""Export a person's data in pages, since there may be years of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from bot.store.database import Database
from bot.store.erasure import NOT_FORGOTTEN

PAGE = 250
"""Rows per page; takes a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows of one kind, such as a person's clips."""

    kind: str
    number: int
    rows: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A paged query for a person's rows, by keyset pagination.

    Its parameters are the person, today, the page size, and the last row's columns named in
    `start`; columns that begin with an underscore are not exported.
    """

    name: str
    sql: str
    start: dict[str, int | str]


_KINDS = (
    _Kind(
        "clips",
        f"""
        SELECT id AS _id, id, kind, prompt, seconds, seed, model, guild_id, channel_id, message_id,
        datetime(created_at, 'unixepoch') AS made_at, is_deleted, bpm, key,
        upload_name, mixed, grid, is_private FROM clips
        WHERE user_id = :user AND id > :_id AND {NOT_FORGOTTEN} ORDER BY id LIMIT :limit
        """,  # noqa: S608 - ours
        {"_id": 0},
    ),
    _Kind(
        "orders",
        """
        SELECT id AS _id, id, kind, prompt, seconds, seed, state, locale, guild_id, channel_id,
        battle_id, jam_id, daily_id, is_private, datetime(created_at, 'unixepoch') AS ordered_at
        FROM jobs
        WHERE user_id = :user AND id > :_id AND NOT EXISTS (
            SELECT 1 FROM forgotten
            WHERE forgotten.user_id = :user AND is_pending AND jobs.id <= last_job_id)
        ORDER BY id LIMIT :limit
        """,
        {"_id": 0},
    ),
    _Kind(
        "seconds",
        """
        SELECT id AS _id, day AS _day, day, entry, seconds, guild_id FROM ledger
        WHERE user_id = :user AND (day, id) > (:_day, :_id) AND NOT EXISTS (
            SELECT 1 FROM forgotten
            WHERE forgotten.user_id = :user AND is_pending AND ledger.id <= last_entry_id
            AND day != :today)
        ORDER BY day, id LIMIT :limit
        """,
        {"_day": "", "_id": 0},
    ),
    _Kind(
        "stars",
        """
        SELECT starred_at AS _at, clip_id AS _id, clip_id, guild_id,
        datetime(starred_at, 'unixepoch') AS starred_at
        FROM stars WHERE user_id = :user AND (stars.starred_at, clip_id) > (:_at, :_id)
        AND NOT EXISTS (
            SELECT 1 FROM forgotten
            WHERE forgotten.user_id = :user AND is_pending AND stars.starred_at <= forgotten.at)
        ORDER BY stars.starred_at, clip_id LIMIT :limit
        """,
        {"_at": 0, "_id": 0},
    ),
    _Kind(
        "battles",
        """
        SELECT id AS _id, id, prompt, clip_id, guild_id, channel_id, outcome,
        datetime(created_at, 'unixepoch') AS begun_at FROM battles
        WHERE user_id = :user AND id > :_id AND NOT EXISTS (
            SELECT 1 FROM forgotten
            WHERE forgotten.user_id = :user AND is_pending AND battles.created_at <= forgotten.at)
        ORDER BY id LIMIT :limit
        """,
        {"_id": 0},
    ),
    _Kind(
        "battle_entries",
        """
        SELECT battle_id AS _id, battle_id, number, job_id, votes, is_winner FROM battle_entries
        WHERE user_id = :user AND battle_id > :_id AND NOT EXISTS (
            SELECT 1 FROM forgotten
            WHERE forgotten.user_id = :user AND is_pending AND job_id <= last_job_id)
        ORDER BY battle_id LIMIT :limit
        """,
        {"_id": 0},
    ),
    _Kind(
        "jams",
        """
        SELECT id AS _id, id, title, style, bpm, music_key, guild_id, channel_id, thread_id, state,
        datetime(created_at, 'unixepoch') AS started_at FROM jams
        WHERE user_id = :user AND id > :_id AND NOT EXISTS (
            SELECT 1 FROM forgotten
            WHERE forgotten.user_id = :user AND is_pending AND jams.created_at <= forgotten.at)
        ORDER BY id LIMIT :limit
        """,
        {"_id": 0},
    ),
    _Kind(
        "jam_players",
        """
        SELECT jam_id AS _id, jam_id, name, datetime(joined_at, 'unixepoch') AS joined_at
        FROM jam_players WHERE user_id = :user AND jam_id > :_id AND NOT EXISTS (
            SELECT 1 FROM forgotten WHERE forgotten.user_id = :user AND is_pending
            AND jam_players.joined_at <= forgotten.at)
        ORDER BY jam_id LIMIT :limit
        """,
        {"_id": 0},
    ),
    _Kind(
        "jam_turns",
        """
        SELECT jam_id AS _jam, number AS _number, jam_id, number, job_id, is_undone FROM jam_turns
        WHERE user_id = :user AND (jam_id, number) > (:_jam, :_number) AND NOT EXISTS (
            SELECT 1 FROM forgotten
            WHERE forgotten.user_id = :user AND is_pending AND job_id <= last_job_id)
        ORDER BY jam_id, number LIMIT :limit
        """,
        {"_jam": 0, "_number": 0},
    ),
    _Kind(
        "radios",
        """
        SELECT guild_id AS _id, guild_id, channel_id, source, person_id, jam_id,
        datetime(begun_at, 'unixepoch') AS begun_at FROM radios
        WHERE (user_id = :user OR person_id = :user) AND guild_id > :_id
        ORDER BY guild_id LIMIT :limit
        """,
        {"_id": 0},
    ),
    _Kind(
        "reports",
        """
        SELECT reported_at AS _at, id AS _id, clip_id, guild_id, words,
        datetime(reported_at, 'unixepoch') AS reported_at FROM reports
        WHERE user_id = :user AND (reports.reported_at, id) > (:_at, :_id) AND NOT EXISTS (
            SELECT 1 FROM forgotten
            WHERE forgotten.user_id = :user AND is_pending AND reports.reported_at <= forgotten.at)
        ORDER BY reports.reported_at, id LIMIT :limit
        """,
        {"_at": 0, "_id": 0},
    ),
    _Kind(
        "presets",
        """
        SELECT folded_name AS _name, name, words, settings FROM presets
        WHERE is_server = 0 AND owner_id = :user AND folded_name > :_name
        ORDER BY folded_name LIMIT :limit
        """,
        {"_name": ""},
    ),
    _Kind(
        "preferences",
        """
        SELECT user_id AS _id, is_called, seconds, is_private, as_voice, language FROM preferences
        WHERE user_id = :user AND user_id > :_id LIMIT :limit
        """,
        {"_id": 0},
    ),
    _Kind(
        "blocked_on",
        """
        SELECT guild_id AS _id, IIF(guild_id = 0, 'everywhere', guild_id) AS guild_id
        FROM blocked WHERE user_id = :user AND blocked.guild_id > :_id
        ORDER BY blocked.guild_id LIMIT :limit
        """,
        {"_id": -1},
    ),
)


async def read_pages(
    database: Database, user_id: int, today: str, page: int = PAGE
) -> AsyncIterator[Page]:
    """Yield all data of a person; at least one page per kind, which may be empty.

    Data covered by an erasure request is excluded.
    """
    for kind in _KINDS:
        number, after = 0, kind.start
        while True:
            rows = await database.all(
                kind.sql, {"user": user_id, "today": today, "limit": page} | after
            )
            number += 1
            yield Page(kind.name, number, [_shown(dict(row)) for row in rows])
            if len(rows) < page:
                break
            after = {name: rows[-1][name] for name in kind.start}


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("_")}
