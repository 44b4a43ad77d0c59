"""The tables of jams; each step is one transaction, recorded before it is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection

from bot.domain.jams import Jam, JamSnapshot, JamState, NewJam, Part, Player, track_of
from bot.errors import Refused
from bot.i18n.sentence import Plural
from bot.store.database import Database
from bot.store.erasure import NOT_FORGOTTEN
from bot.store.jam_players import copy_track, join_round
from bot.store.rows import CLIP_COLUMNS, clip_of, jam_of

MOST_OPEN = 10
"""Maximum number of open jams on a server."""

TOO_MANY = Plural(
    "There is {n} open jam here: close it first, or join it.",
    "There are {n} open jams here: close one first, or join one.",
    n=MOST_OPEN,
)


class Jams:
    """The tables of jams, their turns and players.

    `on_change` is called whenever a card may have to change.
    """

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock
        self.on_change: Callable[[], None] | None = None

    def note_change(self) -> None:
        """Call the listener."""
        if self.on_change is not None:
            self.on_change()

    async def begin(self, new: NewJam) -> Jam:
        """Begin a jam, or a fork with the present track; the same key returns the first one.

        Raises Refused if too many are open on the server.
        """
        now = self._clock()
        async with self._database.transaction() as connection:
            for row in await connection.execute_fetchall(
                "SELECT * FROM jams WHERE key = ?", (new.key,)
            ):
                return jam_of(row)
            (count,) = await connection.execute_fetchall(
                "SELECT COUNT(*) AS n FROM jams WHERE guild_id = ? AND state != 'closed'",
                (new.guild_id,),
            )
            if count["n"] >= MOST_OPEN:
                raise Refused(TOO_MANY)
            (row,) = await connection.execute_fetchall(
                "INSERT INTO jams (key, guild_id, channel_id, user_id, title, style, bpm, "
                "music_key, bars, in_rotation, most_seconds, locale, forked_from, created_at, "
                "state, turn_since) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?) RETURNING *",
                (
                    new.key, new.guild_id, new.channel_id, new.user_id, new.title, new.style,
                    new.bpm, new.music_key, new.bars, new.in_rotation, new.most_seconds,
                    new.locale, new.forked_from, now, now,
                ),
            )  # fmt: skip
            jam = jam_of(row)
            if new.forked_from is not None:
                await copy_track(connection, new.forked_from, jam.id, now)
            await join_round(connection, jam.id, new.user_id, new.name, now)
        self.note_change()
        return jam

    async def get(self, jam_id: int) -> Jam | None:
        """Return a jam."""
        row = await self._database.one("SELECT * FROM jams WHERE id = ?", (jam_id,))
        return None if row is None else jam_of(row)

    async def by_thread(self, thread_id: int) -> Jam | None:
        """Return the jam in a thread."""
        row = await self._database.one("SELECT * FROM jams WHERE thread_id = ?", (thread_id,))
        return None if row is None else jam_of(row)

    async def open_in(self, guild_id: int) -> list[Jam]:
        """Return the jams that are open on a server, oldest first."""
        rows = await self._database.all(
            "SELECT * FROM jams WHERE guild_id = ? AND state != 'closed' ORDER BY id", (guild_id,)
        )
        return [jam_of(row) for row in rows]

    async def latest_in(self, guild_id: int, channel_ids: Collection[int], limit: int) -> list[Jam]:
        """Return the latest jams in channels of a server, open or closed, newest first."""
        rows = await self._database.all(
            "SELECT * FROM jams WHERE guild_id = ? "
            "AND channel_id IN (SELECT value FROM json_each(?)) ORDER BY id DESC LIMIT ?",
            (guild_id, json.dumps(sorted(channel_ids)), limit),
        )
        return [jam_of(row) for row in rows]

    async def unfinished(self) -> list[Jam]:
        """Return the jams that are not closed, and those whose card is outdated."""
        rows = await self._database.all(
            "SELECT * FROM jams INDEXED BY jams_going_on WHERE state != 'closed' UNION "
            "SELECT * FROM jams INDEXED BY jams_to_show WHERE version != shown_version"
        )
        return [jam_of(row) for row in rows]

    async def snapshot(self, jam_id: int) -> JamSnapshot | None:
        """Return a jam with its track and its players."""
        jam = await self.get(jam_id)
        if jam is None:
            return None
        turns = await self._database.all(
            "SELECT * FROM jam_turns WHERE jam_id = ? AND NOT is_undone ORDER BY number", (jam_id,)
        )
        ids = [row["job_id"] for row in turns if row["job_id"] is not None]
        clips = await self._database.all(
            f"SELECT {CLIP_COLUMNS} FROM clips WHERE job_id IN "  # noqa: S608 - ours
            f"(SELECT value FROM json_each(?)) AND NOT is_deleted AND {NOT_FORGOTTEN}",
            (json.dumps(ids),),
        )
        by_job = {row["job_id"]: clip_of(row) for row in clips}
        players = await self._database.all("SELECT * FROM jam_players WHERE jam_id = ?", (jam_id,))
        parts = tuple(
            Part(
                number=row["number"],
                user_id=row["user_id"],
                starts_at_seconds=row["starts_at_seconds"],
                job_id=row["job_id"],
                clip=by_job.get(row["job_id"]),
            )
            for row in turns
        )
        return JamSnapshot(
            jam=jam,
            parts=track_of(parts, is_closed=jam.state is JamState.CLOSED),
            players=tuple(
                Player(
                    user_id=row["user_id"],
                    number=row["number"],
                    name=row["name"],
                    is_away=bool(row["is_away"]),
                )
                for row in sorted(players, key=lambda each: each["number"])
            ),
        )

    async def names(self, jam_id: int) -> tuple[str, ...]:
        """Return the names of the people of a jam's track, in order of their first turn."""
        snapshot = await self.snapshot(jam_id)
        if snapshot is None:
            return ()
        called = {player.user_id: player.name for player in snapshot.players}
        people = dict.fromkeys(part.user_id for part in snapshot.parts)
        return tuple(called[each] for each in people if each is not None and each in called)

    async def join(self, jam_id: int, user_id: int, name: str) -> None:
        """Append a person to the rotation; a person who is in it keeps their place."""
        async with self._database.transaction(urgent=True) as connection:
            if await join_round(connection, jam_id, user_id, name, self._clock()):
                await connection.execute(
                    "UPDATE jams SET version = version + 1 WHERE id = ?", (jam_id,)
                )
        self.note_change()

    async def hold(self, jam_id: int, user_id: int, until: float) -> bool:
        """Reserve the turn for a person until a time; return False if another one has it."""
        return await self._change(
            "UPDATE jams SET holder_id = ?1, held_until = ?2, version = version + 1 "
            "WHERE id = ?3 AND state = 'open' AND job_id IS NULL "
            "AND (holder_id IS NULL OR holder_id = ?1 OR held_until <= ?4)",
            user_id, until, jam_id, self._clock(),
        )  # fmt: skip

    async def pass_on(self, jam: Jam, user_id: int | None) -> bool:
        """Pass on a turn that a person did not take; return False if the jam has changed."""
        async with self._database.transaction() as connection:
            changed = await connection.execute(
                "UPDATE jams SET holder_id = NULL, held_until = NULL, turn_since = ?, "
                "version = version + 1 WHERE id = ? AND version = ? AND job_id IS NULL",
                (self._clock(), jam.id, jam.version),
            )
            if changed.rowcount and jam.in_rotation:
                await connection.execute(
                    "UPDATE jam_players SET is_away = 1 WHERE jam_id = ? AND user_id = ?",
                    (jam.id, user_id),
                )
        self.note_change()
        return changed.rowcount > 0

    async def undo(self, jam_id: int, number: int) -> bool:
        """Remove a turn with all after it; return False if it is gone, or one is generated."""
        async with self._database.transaction(urgent=True) as connection:
            changed = await connection.execute(
                "UPDATE jams SET turn_since = ?, version = version + 1, holder_id = NULL, "
                "held_until = NULL WHERE id = ? AND state = 'open' AND job_id IS NULL AND EXISTS "
                "(SELECT 1 FROM jam_turns WHERE jam_id = jams.id AND number = ? AND NOT is_undone)",
                (self._clock(), jam_id, number),
            )
            if changed.rowcount:
                await connection.execute(
                    "UPDATE jam_turns SET is_undone = 1 WHERE jam_id = ? AND number >= ?",
                    (jam_id, number),
                )
        self.note_change()
        return changed.rowcount > 0

    async def close(self, jam_id: int) -> bool:
        """Close a jam without a mixdown; return False if closed, or a turn is being generated."""
        return await self._change(
            "UPDATE jams SET state = 'closed', holder_id = NULL, held_until = NULL, "
            "version = version + 1 WHERE id = ? AND state = 'open' AND job_id IS NULL",
            jam_id,
        )

    async def record_thread(self, jam_id: int, thread_id: int) -> None:
        """Record the thread of a jam, whose id is also that of the announcement."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE jams SET thread_id = ? WHERE id = ?", (thread_id, jam_id)
            )

    async def record_card(self, jam_id: int, card_id: int | None, version: int) -> None:
        """Record a jam's card message, and the version it shows."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE jams SET card_id = ?, shown_version = ? WHERE id = ?",
                (card_id, version, jam_id),
            )

    async def abandon(self, jam_id: int) -> None:
        """Close a jam whose thread could not be opened; nothing more is shown of it.

        A turn that is being generated still ends normally.
        """
        await self._change(
            "UPDATE jams SET state = 'closed', holder_id = NULL, held_until = NULL, "
            "version = version + 1, shown_version = version + 1 WHERE id = ?",
            jam_id,
        )

    async def _change(self, sql: str, *values: object) -> bool:
        async with self._database.transaction(urgent=True) as connection:
            changed = (await connection.execute(sql, values)).rowcount > 0
        self.note_change()
        return changed
