"""The jobs table, which is the queue: each step of a job and its cost are one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import aiosqlite

from bot.domain.clips import Clip
from bot.domain.jobs import Job, JobState, MessageHandle, Order
from bot.domain.limits import Limits
from bot.domain.quota_day import QuotaDay
from bot.errors import Refused
from bot.i18n.sentence import Sentence, to_json
from bot.store import ledger
from bot.store.acceptance import accept_order, give_message_alone
from bot.store.admission import Admission
from bot.store.battle_entries import decide_entry, entry_query
from bot.store.database import Database
from bot.store.jam_turns import settle_turn
from bot.store.job_states import UNFINISHED, in_states
from bot.store.new_clips import NewClip, insert_clip
from bot.store.rows import job_of

Clock = Callable[[], float]


_UNFINISHED = tuple(state for state in JobState if not state.is_final)
_ON_ITS_WAY = (JobState.RENDERED, JobState.DELIVERING)


class IllegalStep(RuntimeError):
    """A transition that is not allowed from the job's present state: a defect."""


class Jobs:
    """The jobs table."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        day: QuotaDay,
        jam_changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Take its collaborators; `jam_changed` is called when a turn has begun or settled."""
        self._database, self._clock, self._day = database, clock, day
        self._jam_changed = jam_changed

    async def accept(self, order: Order, limits: Limits, message: MessageHandle) -> Job:
        """Accept an order in one transaction: check it, reserve its seconds, insert a job.

        Idempotent: the same key returns the first job and costs nothing. Raises Refused.
        """
        async with self._database.transaction() as connection:
            job = await accept_order(connection, order, limits, message, self._clock(), self._day)
        self._jam_changed()
        return job

    async def accept_takes(
        self, orders: Sequence[Order], limits: Limits, message: MessageHandle
    ) -> tuple[list[Job], Refused | None]:
        """Accept the orders that share a message, as many as possible, in one transaction.

        Returns the jobs, and why the next one was refused. Raises Refused if none is accepted.
        """
        jobs: list[Job] = []
        now = self._clock()
        async with self._database.transaction() as connection:
            for order in orders:
                try:
                    jobs.append(
                        await accept_order(connection, order, limits, message, now, self._day)
                    )
                except Refused as refused:
                    if not jobs:
                        raise
                    if len(jobs) == 1:
                        jobs = [await give_message_alone(connection, jobs[0])]
                    return jobs, refused
        return jobs, None

    async def check(self, order: Order, limits: Limits) -> None:
        """Raise Refused if an order would be refused now."""
        admission = Admission(order, limits, self._clock(), self._day)
        deciding_row = await self._database.one(*admission.query)
        assert deciding_row is not None
        admission.decide(deciding_row)
        if order.battle_id is not None:
            entering = entry_query(order.battle_id, order.origin.user_id, self._clock())
            deciding_row = await self._database.one(*entering)
            assert deciding_row is not None
            decide_entry(deciding_row)

    async def get(self, job_id: int) -> Job | None:
        """Return a job."""
        row = await self._database.one("SELECT * FROM jobs WHERE id = ?", (job_id,))
        return None if row is None else job_of(row)

    async def of_key(self, key: str) -> Job | None:
        """Return the job with an order key."""
        row = await self._database.one("SELECT * FROM jobs WHERE key = ?", (key,))
        return None if row is None else job_of(row)

    async def unfinished(self) -> list[Job]:
        """Return the unfinished jobs, oldest first."""
        sql = f"SELECT * FROM jobs WHERE {UNFINISHED} ORDER BY id"  # noqa: S608 - ours
        return [job_of(row) for row in await self._database.all(sql)]

    async def waiting_of(self, user_id: int) -> list[Job]:
        """Return a person's unfinished jobs, oldest first."""
        sql = f"SELECT * FROM jobs WHERE user_id = ? AND {UNFINISHED} ORDER BY id"  # noqa: S608
        return [job_of(row) for row in await self._database.all(sql, (user_id,))]

    async def start(self, job_id: int) -> Job:
        """Mark a job as running; also if it is running already.

        A worker may have died between this and the moment when it got the job.
        """
        before = [JobState.QUEUED, JobState.RUNNING]
        async with self._database.transaction() as connection:
            await _step(connection, job_id, JobState.RUNNING, before)
            return await _job(connection, job_id)

    async def requeue(self, job_id: int, *, spend_attempt: bool) -> None:
        """Put a running job back into the queue; a worker's death spends an attempt."""
        spent = "attempts = attempts + ?"
        async with self._database.transaction() as connection:
            await _step(
                connection, job_id, JobState.QUEUED, [JobState.RUNNING], spent, int(spend_attempt)
            )

    async def interrupt(self, job_id: int) -> None:
        """Count that the bot ended at a job; a running one is queued again, a waiting one waits."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE jobs SET interruptions = interruptions + 1, "  # noqa: S608 - ours
                "state = CASE state WHEN 'running' THEN 'queued' ELSE state END "
                f"WHERE id = ? AND {in_states(JobState.RUNNING, *_ON_ITS_WAY)}",
                (job_id,),
            )

    async def record_clip(self, job_id: int, clip: NewClip) -> Clip:
        """Insert the clip of a running job. The file must be on disk already."""
        async with self._database.transaction() as connection:
            made = await insert_clip(connection, clip, self._clock())
            await _step(
                connection, job_id, JobState.RENDERED, [JobState.RUNNING], "clip_id = ?", made.id
            )
            return made

    async def begin_delivery(self, job_id: int) -> None:
        """Mark a job as being delivered; also if it is already."""
        async with self._database.transaction() as connection:
            await _step(connection, job_id, JobState.DELIVERING, _ON_ITS_WAY)

    async def finish_delivery(self, job_id: int, message_id: int) -> None:
        """Record that the clip was delivered, and commit its seconds."""
        async with self._database.transaction() as connection:
            await _step(
                connection, job_id, JobState.DELIVERED, [JobState.DELIVERING],
                "token = NULL, message_id = ?", message_id,
            )  # fmt: skip
            await ledger.resolve(connection, job_id, "commit", self._clock())
            await settle_turn(connection, job_id, self._clock(), is_delivered=True)
        self._jam_changed()

    async def fail(self, job_id: int, sentence: Sentence) -> bool:
        """End a job without a clip and refund it; return False if it has ended already."""
        return await self._end(job_id, JobState.FAILED, _UNFINISHED, sentence)

    async def cancel(self, job_id: int, sentence: Sentence) -> bool:
        """Cancel a queued or running job and refund it; return False if it is neither."""
        before = [JobState.QUEUED, JobState.RUNNING]
        return await self._end(job_id, JobState.CANCELLED, before, sentence)

    async def hold(self, job_id: int, sentence: Sentence) -> bool:
        """End a job whose clip was undeliverable, and refund it; return False if it has ended."""
        return await self._end(job_id, JobState.HELD, _ON_ITS_WAY, sentence)

    async def record_fetch(self, job_id: int, message_id: int) -> None:
        """Record that the person has fetched a held clip; it stays free."""
        async with self._database.transaction() as connection:
            await _step(
                connection, job_id, JobState.HELD, [JobState.HELD],
                "message_id = ?, untold = 0, token = NULL", message_id,
            )  # fmt: skip

    async def pending_notices(self) -> list[Job]:
        """Return ended jobs whose person was not notified yet, oldest first."""
        sql = "SELECT * FROM jobs WHERE untold AND sentence IS NOT NULL ORDER BY id"
        return [job_of(row) for row in await self._database.all(sql)]

    async def record_notified(self, job_id: int) -> None:
        """Record that a person was notified, or can't be."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE jobs SET untold = 0, token = NULL WHERE id = ?", (job_id,)
            )

    async def forget_tokens(self) -> None:
        """Delete expired tokens."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE jobs SET token = NULL WHERE token IS NOT NULL AND token_expires_at <= ?",
                (self._clock(),),
            )

    async def _end(
        self, job_id: int, state: JobState, before: Iterable[JobState], sentence: Sentence
    ) -> bool:
        """End a job without a posted clip.

        Its token is kept until the person was notified.
        """
        async with self._database.transaction() as connection:
            changed = await connection.execute(
                f"UPDATE jobs SET state = ?, sentence = ?, untold = 1 "  # noqa: S608 - ours
                f"WHERE id = ? AND {in_states(*before)}",
                (state, to_json(sentence), job_id),
            )
            if not changed.rowcount:
                return False
            await ledger.resolve(connection, job_id, "refund", self._clock())
            await settle_turn(connection, job_id, self._clock(), is_delivered=False)
        self._jam_changed()
        return True


async def _step(
    connection: aiosqlite.Connection,
    job_id: int,
    state: JobState,
    before: Iterable[JobState],
    also: str = "",
    *values: object,
) -> None:
    changes = f"state = ?, {also}" if also else "state = ?"
    changed = await connection.execute(
        f"UPDATE jobs SET {changes} WHERE id = ? AND {in_states(*before)}",  # noqa: S608 - ours
        (state, *values, job_id),
    )
    if not changed.rowcount:
        raise IllegalStep(f"job {job_id} can't become {state}")


async def _job(connection: aiosqlite.Connection, job_id: int) -> Job:
    (row,) = await connection.execute_fetchall("SELECT * FROM jobs WHERE id = ?", (job_id,))
    return job_of(row)
