"""Tell people how their jobs ended without a clip, as insistently as clips are delivered.

Each is told in a task of its own: Discord may be in trouble for long. What could not be told before
the bot stopped is told after its next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext

from bot.domain.jobs import Job, JobState
from bot.i18n.sentence import Sentence
from bot.log import about
from bot.pipeline.presenter import Presenter, Undeliverable, Unreachable
from bot.pipeline.take_turns import TakeTurns
from bot.store.store import Store

log = logging.getLogger(__name__)

AGAIN_SECONDS = 3600.0
"""After how long those are told once more who could not be reached."""

HELD_TOO_LONG = Sentence(
    "Your clip could not be posted here, and was deleted after a day. Nothing was charged."
)

_PATIENCE_SECONDS = 5.0
"""How long whoever ends a job waits for its person to be told."""


class Telling:
    """What is being told; nothing is before the start, when nothing was shown either."""

    def __init__(self, store: Store, again_seconds: float = AGAIN_SECONDS) -> None:
        self._store, self._again_seconds = store, again_seconds
        self.turns = TakeTurns()
        self._presenter: Presenter | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._left: asyncio.Task[None] | None = None
        self._again: asyncio.Task[None] | None = None

    @property
    def in_flight(self) -> int:
        """Return how many people are still to be told."""
        return len(self._tasks) + (self._left is not None and not self._left.done())

    def start(self, presenter: Presenter) -> None:
        """Tell what an earlier life has left untold; called again, another presenter tells.

        Those who can't be reached are tried again every hour.
        """
        self._presenter = presenter
        self._left = asyncio.create_task(self._tell_left(), name="tell what is left")
        if self._again is None:
            self._again = asyncio.create_task(self._tell_again(), name="tell again")

    async def stop(self, grace_seconds: float = 0.0) -> None:
        """End all tasks, after so long at the most; what is untold stays so in the database."""
        if self._again is not None:
            self._again.cancel()
            await asyncio.gather(self._again, return_exceptions=True)
        tasks = [*self._tasks.values(), *([self._left] if self._left is not None else ())]
        if tasks and grace_seconds:
            await asyncio.wait(tasks, timeout=min(grace_seconds, _PATIENCE_SECONDS))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def idle(self) -> None:
        """Return when all are told that can be."""
        while (self._left is not None and not self._left.done()) or self._tasks:
            tasks = [*self._tasks.values(), *([self._left] if self._left is not None else ())]
            await asyncio.wait(tasks)

    async def tell(self, job_id: int) -> None:
        """Tell a person how their job ended, and wait a moment for that: it may go on for long.

        Of takes in one message that message tells, once for all.
        """
        job = await self._store.jobs.get(job_id)
        if job is not None and job.order.group_key is not None:
            self.turns.of(job.order.group_key).tell()
            job = await self._teller(job)
        if job is not None and job.untold and self._presenter is not None:
            task = self._begin(self._presenter, job, once_more=False)
            await asyncio.wait([task], timeout=_PATIENCE_SECONDS)

    async def _tell_left(self) -> None:
        for untold in await self._store.jobs.untold():
            job = await self._teller(untold)
            if self._presenter is not None and job is not None:
                self._begin(self._presenter, job, once_more=True)

    async def _teller(self, job: Job) -> Job | None:
        """Return the job that tells how this one ended: of takes the first that is untold.

        None while another take is still to come: its message tells.
        """
        if job.order.group_key is None:
            return job
        takes = await self._store.takes.of_group(job.order.group_key)
        if not all(take.job.state.is_final for take in takes):
            return None
        return next((take.job for take in takes if take.job.untold), None)

    async def _tell_again(self) -> None:
        while True:
            await asyncio.sleep(self._again_seconds)
            try:
                await self._tell_left()
            except Exception:
                log.exception("jobs.not_told")

    def _begin(self, presenter: Presenter, job: Job, *, once_more: bool) -> asyncio.Task[None]:
        known = self._tasks.get(job.id)
        if known is not None:
            return known
        tell = self._tell(presenter, job, once_more=once_more)
        task = self._tasks[job.id] = asyncio.create_task(tell, name=f"end of job {job.id}")
        task.add_done_callback(lambda _: self._tasks.pop(job.id, None))
        return task

    async def _tell(self, presenter: Presenter, job: Job, *, once_more: bool) -> None:
        with about(job.id):
            try:
                sentence = await self._sentence(job)
                async with self._showing(job):
                    await presenter.tell(job, sentence, once_more=once_more)
            except Unreachable:
                log.warning("job.not_told id=%d tried again in an hour", job.id)
                return
            except Undeliverable as reason:
                log.warning("job.not_told id=%d %s", job.id, reason)
            except Exception:
                log.exception("job.not_told id=%d", job.id)
                return
            if job.order.group_key is None:
                await self._store.jobs.record_told(job.id)
            else:
                await self._store.takes.record_told(job.order.group_key)

    def _showing(self, job: Job) -> AbstractAsyncContextManager[object]:
        """Wait until nothing else is being shown in a message of takes."""
        if job.order.group_key is None:
            return nullcontext()
        return self.turns.of(job.order.group_key).lock

    async def _sentence(self, job: Job) -> Sentence:
        """Return what to tell: a clip that waited for its person may be gone by now."""
        if job.order.group_key is not None:
            takes = await self._store.takes.of_group(job.order.group_key)
            ended = [take for take in takes if take.job.untold]
            told = {take.number: await self._sentence_of(take.job) for take in ended}
            return sentence_of_takes(told, len(takes))
        return await self._sentence_of(job)

    async def _sentence_of(self, job: Job) -> Sentence:
        assert job.sentence is not None
        if job.state is JobState.HELD:
            clip = await self._store.clips.of_job(job.id)
            if clip is None or clip.is_deleted:
                return HELD_TOO_LONG
        return job.sentence


def sentence_of_takes(told: Mapping[int, Sentence], count: int) -> Sentence:
    """Return how takes ended, by their numbers: one sentence where all `count` ended alike."""
    if len(told) == count and len(set(told.values())) == 1:
        return next(iter(told.values()))
    lines = [
        Sentence("Take {number}: {sentence}", number=number, sentence=sentence)
        for number, sentence in told.items()
    ]
    joined = lines[0]
    for line in lines[1:]:
        joined = Sentence("{before}\n{line}", before=joined, line=line)
    return joined
