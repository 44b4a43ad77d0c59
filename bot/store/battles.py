"""The tables of battles; each step is one transaction, recorded before it is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence

from bot.domain.battles import (
    Battle,
    BattleOutcome,
    Entrants,
    Entry,
    LadderEntry,
    NewBattle,
)
from bot.errors import Refused
from bot.i18n.sentence import Sentence
from bot.store.database import Database
from bot.store.erasure import NOT_FORGOTTEN
from bot.store.job_states import UNFINISHED
from bot.store.rows import CLIP_COLUMNS, battle_of, clip_of

ONE_AT_A_TIME = Sentence("There is a battle in this channel already: let it end first.")

# Each person's latest generated clip; a failed one doesn't replace an earlier one.
_MADE = f"""
    SELECT jobs.user_id, MAX(jobs.id) AS job_id FROM jobs JOIN clips ON clips.id = jobs.clip_id
    WHERE battle_id = ? AND jobs.state NOT IN ('failed', 'cancelled') AND NOT is_deleted
    AND {NOT_FORGOTTEN} GROUP BY jobs.user_id
"""  # noqa: S608 - ours


class Battles:
    """The tables of battles and of their entries."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    async def begin(self, new: NewBattle) -> Battle:
        """Begin a battle; the same key returns the first one.

        Raises Refused if another one is running in the channel.
        """
        async with self._database.transaction() as connection:
            known = await connection.execute_fetchall(
                "SELECT * FROM battles WHERE key = ?", (new.key,)
            )
            for row in known:
                return battle_of(row)
            going_on = "SELECT 1 FROM battles WHERE channel_id = ? AND state != 'ended'"
            if await connection.execute_fetchall(going_on, (new.channel_id,)):
                raise Refused(ONE_AT_A_TIME)
            (row,) = await connection.execute_fetchall(
                "INSERT INTO battles (key, guild_id, channel_id, user_id, prompt, clip_id, "
                "seconds, created_at, closes_at, voting_seconds, locale, state) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open') RETURNING *",
                (
                    new.key, new.guild_id, new.channel_id, new.user_id, new.prompt, new.clip_id,
                    new.seconds, self._clock(), new.closes_at, new.voting_seconds, new.locale,
                ),
            )  # fmt: skip
            return battle_of(row)

    async def get(self, battle_id: int) -> Battle | None:
        """Return a battle; None if it doesn't exist."""
        row = await self._database.one("SELECT * FROM battles WHERE id = ?", (battle_id,))
        return None if row is None else battle_of(row)

    async def by_poll(self, message_id: int) -> Battle | None:
        """Return the battle with a poll message."""
        row = await self._database.one(
            "SELECT * FROM battles WHERE poll_message_id = ?", (message_id,)
        )
        return None if row is None else battle_of(row)

    async def unfinished(self) -> list[Battle]:
        """Return the battles that have not ended."""
        # INDEXED BY, since SQLite would choose another index for the order by id.
        rows = await self._database.all(
            "SELECT * FROM battles INDEXED BY battles_going_on WHERE state != 'ended'"
        )
        return [battle_of(row) for row in rows]

    async def record_card(self, battle_id: int, message_id: int) -> None:
        """Record the message that announces a battle."""
        await self._write("UPDATE battles SET message_id = ? WHERE id = ?", message_id, battle_id)

    async def delete_unannounced(self, battle_id: int) -> None:
        """Delete a battle that was never announced."""
        await self._write(
            "DELETE FROM battles WHERE id = ? AND message_id IS NULL AND state = 'open'", battle_id
        )

    async def entrants(self, battle_id: int) -> Entrants:
        """Return the number of entries, ready and pending."""
        made = await self._database.all(_MADE, (battle_id,))
        pending = await self._database.one(
            f"SELECT COUNT(*) AS n FROM jobs INDEXED BY jobs_by_battle "  # noqa: S608 - ours
            f"WHERE battle_id = ? AND clip_id IS NULL AND {UNFINISHED}",
            (battle_id,),
        )
        assert pending is not None
        return Entrants(ready=len(made), pending=pending["n"])

    async def close(self, battle_id: int) -> bool:
        """Close a battle for entries; return False if it is closed already."""
        return await self._write(
            "UPDATE battles SET state = 'closed', closes_at = MIN(closes_at, ?) "
            "WHERE id = ? AND state = 'open'",
            self._clock(), battle_id,
        )  # fmt: skip

    async def line_up(
        self, battle_id: int, order: Callable[[int, list[int]], Sequence[int]]
    ) -> None:
        """Assign numbers to the entries; `order` sorts their job ids."""
        async with self._database.transaction() as connection:
            made = await connection.execute_fetchall(_MADE, (battle_id,))
            people = {row["job_id"]: row["user_id"] for row in made}
            changed = await connection.execute(
                "UPDATE battles SET state = 'posting' WHERE id = ? AND state = 'closed'",
                (battle_id,),
            )
            if not changed.rowcount:
                return
            await connection.executemany(
                "INSERT INTO battle_entries (battle_id, number, job_id, user_id) "
                "VALUES (?, ?, ?, ?)",
                [
                    (battle_id, number, job_id, people[job_id])
                    for number, job_id in enumerate(order(battle_id, list(people)), 1)
                ],
            )

    async def entries(self, battle_id: int) -> list[Entry]:
        """Return the numbered entries, in order."""
        rows = await self._database.all(
            "SELECT * FROM battle_entries WHERE battle_id = ? ORDER BY number", (battle_id,)
        )
        ids = [row["job_id"] for row in rows if row["job_id"] is not None]
        clips = await self._database.all(
            f"SELECT {CLIP_COLUMNS} FROM clips WHERE job_id IN "  # noqa: S608 - ours
            f"(SELECT value FROM json_each(?)) AND NOT is_deleted AND {NOT_FORGOTTEN}",
            (json.dumps(ids),),
        )
        by_job = {row["job_id"]: clip_of(row) for row in clips}
        return [
            Entry(
                number=row["number"],
                user_id=row["user_id"],
                clip=by_job.get(row["job_id"]),
                message_id=row["message_id"],
                votes=row["votes"],
                is_winner=bool(row["is_winner"]),
            )
            for row in rows
        ]

    async def record_player(self, battle_id: int, number: int, message_id: int | None) -> None:
        """Record the message of an entry; None if the entry was deleted."""
        await self._write(
            "UPDATE battle_entries SET message_id = ? WHERE battle_id = ? AND number = ?",
            message_id, battle_id, number,
        )  # fmt: skip

    async def record_poll(self, battle_id: int, message_id: int, ends_at: float) -> None:
        """Record the poll's message: the vote has begun."""
        await self._write(
            "UPDATE battles SET state = 'voting', poll_message_id = ?, poll_ends_at = ? "
            "WHERE id = ? AND state = 'posting'",
            message_id, ends_at, battle_id,
        )  # fmt: skip

    async def record_outcome(
        self,
        battle_id: int,
        outcome: BattleOutcome,
        votes: Mapping[int, int] | None = None,
        winners: Collection[int] = (),
    ) -> bool:
        """Record the outcome of a battle; return False if it has one already.

        A battle whose entries are being posted can't be called off: its poll may exist already.
        """
        stays = ["counted", "ended", *(["posting"] if outcome is BattleOutcome.CALLED_OFF else [])]
        async with self._database.transaction() as connection:
            changed = await connection.execute(
                "UPDATE battles SET state = 'counted', outcome = ? "
                "WHERE id = ? AND state NOT IN (SELECT value FROM json_each(?))",
                (outcome, battle_id, json.dumps(stays)),
            )
            if not changed.rowcount:
                return False
            await connection.executemany(
                "UPDATE battle_entries SET votes = ?, is_winner = ? "
                "WHERE battle_id = ? AND number = ?",
                [
                    (count, number in winners, battle_id, number)
                    for number, count in (votes or {}).items()
                ],
            )
            return True

    async def end(self, battle_id: int, message_id: int | None) -> None:
        """End a battle whose result was posted, or can't be."""
        await self._write(
            "UPDATE battles SET state = 'ended', result_message_id = ? "
            "WHERE id = ? AND state = 'counted'",
            message_id, battle_id,
        )  # fmt: skip

    async def hidden(self, clip_ids: Collection[int]) -> frozenset[int]:
        """Return which of these clips are entries of running battles."""
        rows = await self._database.all(
            "SELECT clips.id FROM clips JOIN jobs ON jobs.id = clips.job_id "
            "JOIN battles ON battles.id = jobs.battle_id "
            "WHERE clips.id IN (SELECT value FROM json_each(?)) AND battles.state != 'ended'",
            (json.dumps(sorted(clip_ids)),),
        )
        return frozenset(row["id"] for row in rows)

    async def ladder(self, guild_id: int) -> list[LadderEntry]:
        """Return the ladder entries of all people of a server."""
        rows = await self._database.all(
            "SELECT entry.user_id, SUM(is_winner) AS wins, COUNT(*) AS battles, "
            "SUM(is_winner AND outcome = 'tied') AS shared, SUM(votes) AS votes "
            "FROM battles CROSS JOIN battle_entries AS entry ON battle_id = battles.id "
            "WHERE guild_id = ? AND votes IS NOT NULL AND entry.user_id IS NOT NULL "
            "AND NOT EXISTS (SELECT 1 FROM forgotten WHERE forgotten.user_id = entry.user_id "
            "AND is_pending AND entry.job_id <= last_job_id) GROUP BY entry.user_id",
            (guild_id,),
        )
        return [LadderEntry(**{name: row[name] for name in row.keys()}) for row in rows]  # noqa: SIM118

    async def _write(self, sql: str, *values: object) -> bool:
        async with self._database.transaction() as connection:
            return (await connection.execute(sql, values)).rowcount > 0
