"""Takes that share a message: each is a job with a clip of its own, delivered together.

They share their jobs' `group_key`, the key of the message's first order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.domain.jobs import JobState
from bot.domain.takes import Take
from bot.store import ledger
from bot.store.database import Database
from bot.store.erasure import NOT_FORGOTTEN
from bot.store.job_states import in_states
from bot.store.rows import CLIP_COLUMNS, clip_of, job_of

_OF_GROUP = "SELECT * FROM jobs WHERE group_key = ? ORDER BY id"
_CLIPS_OF_GROUP = (
    f"SELECT {CLIP_COLUMNS} FROM clips WHERE job_id IN "  # noqa: S608 - ours
    f"(SELECT id FROM jobs WHERE group_key = ?) AND {NOT_FORGOTTEN}"
)


class Takes:
    """The jobs and clips of one message."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    async def of_group(self, group_key: str) -> list[Take]:
        """Return the takes that share a message, in order of their numbers."""
        jobs = [job_of(row) for row in await self._database.all(_OF_GROUP, (group_key,))]
        rows = await self._database.all(_CLIPS_OF_GROUP, (group_key,))
        clips = {clip.job_id: clip for clip in map(clip_of, rows)}
        return [
            Take(number=number, job=job, clip=clips.get(job.id))
            for number, job in enumerate(jobs, 1)
        ]

    async def begin_delivery(self, job_ids: Sequence[int]) -> None:
        """Mark jobs as being delivered in one message; also if they are already."""
        before = in_states(JobState.RENDERED, JobState.DELIVERING)
        async with self._database.transaction() as connection:
            await connection.executemany(
                f"UPDATE jobs SET state = 'delivering' WHERE id = ? AND {before}",  # noqa: S608
                [(id_,) for id_ in job_ids],
            )

    async def finish_delivery(
        self, group_key: str, job_ids: Sequence[int], message_id: int
    ) -> None:
        """Record that these jobs' clips were delivered in one message, and commit their seconds.

        The message also says how the other takes ended, so they count as notified.
        """
        now = self._clock()
        async with self._database.transaction() as connection:
            for job_id in job_ids:
                changed = await connection.execute(
                    "UPDATE jobs SET state = 'delivered', token = NULL, message_id = ? "
                    "WHERE id = ? AND state = 'delivering'",
                    (message_id, job_id),
                )
                if not changed.rowcount:
                    continue
                await connection.execute(
                    "UPDATE clips SET message_id = ? WHERE job_id = ?", (message_id, job_id)
                )
                await ledger.resolve(connection, job_id, "commit", now)
            await connection.execute(
                "UPDATE jobs SET untold = 0, token = NULL WHERE group_key = ? AND untold",
                (group_key,),
            )

    async def record_notified(self, group_key: str) -> None:
        """Record that a person was notified how all takes of a message ended."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE jobs SET untold = 0, token = NULL WHERE group_key = ? AND untold",
                (group_key,),
            )
