"""Gives every job a task that carries it, and takes up again what fell from its hands."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from bot.domain.jobs import Job, JobState
from bot.log import about
from bot.store.store import Store

log = logging.getLogger(__name__)

RETRY_SECONDS = (2.0, 5.0, 15.0, 60.0)
"""The pauses before a job is taken up again that could not be carried: a full disk takes time."""

Carry = Callable[[Job, bool], Coroutine[Any, Any, None]]


class JobDispatcher:
    """The tasks of the jobs that are on their way."""

    def __init__(self, store: Store, carry: Carry) -> None:
        """Take what carries a job; it is told whether the job goes before those that wait."""
        self._store, self._carry = store, carry
        self._inbox: asyncio.Queue[tuple[Job, bool]] = asyncio.Queue()
        self._arriving = 0
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._again: dict[int, asyncio.Task[None]] = {}
        self._drops: dict[int, int] = {}
        self._receiver: asyncio.Task[None] | None = None

    @property
    def tasks(self) -> Mapping[int, asyncio.Task[None]]:
        """Return the tasks by the ids of their jobs."""
        return self._tasks

    @property
    def in_flight(self) -> int:
        """Return how many jobs are on their way."""
        return len(self._tasks) + len(self._again) + self._arriving

    def start(self) -> None:
        """Begin; the tasks belong to whoever calls this, not to the one that happens to put."""
        self._receiver = asyncio.create_task(self._receive(), name="dispatch")

    async def stop(self) -> None:
        """End all tasks."""
        tasks = [self._receiver, *self._tasks.values(), *self._again.values()]
        for task in tasks:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in tasks if task), return_exceptions=True)

    async def idle(self) -> None:
        """Return when nothing is on its way any more."""
        while self.in_flight:
            if self._tasks or self._again:
                await asyncio.wait([*self._tasks.values(), *self._again.values()])
            await asyncio.sleep(0)

    def put(self, job: Job, *, first: bool = False) -> None:
        """Have a job carried; one that is on its way already is left to it."""
        self._arriving += 1
        self._inbox.put_nowait((job, first))

    async def _receive(self) -> None:
        while True:
            told, first = await self._inbox.get()
            with about(told.id):
                try:
                    await self._take_on(told, first=first)
                except Exception:
                    log.exception("job.not_taken_on id=%d", told.id)
                    self._take_up_later(told.id)
                finally:
                    self._arriving -= 1

    async def _take_on(self, told: Job, *, first: bool) -> None:
        # It may have come twice, and the first may be done with by now.
        job = await self._store.jobs.get(told.id)
        if job is None or job.state.is_final or job.id in self._tasks:
            return
        task = asyncio.create_task(self._carry(job, first), name=f"job {job.id}")
        self._tasks[job.id] = task
        task.add_done_callback(partial(self._put_down, job.id))

    def _put_down(self, job_id: int, task: asyncio.Task[None]) -> None:
        self._tasks.pop(job_id, None)
        if task.cancelled():
            return
        if (error := task.exception()) is None:
            self._drops.pop(job_id, None)
            return
        log.error("job.dropped id=%d", job_id, exc_info=error)
        self._take_up_later(job_id)

    def _take_up_later(self, job_id: int) -> None:
        """Take a job up again after a pause that grows: it is still in the database."""
        if job_id in self._again:
            return
        task = asyncio.create_task(self._take_up(job_id), name=f"job {job_id} once more")
        self._again[job_id] = task
        task.add_done_callback(lambda _: self._again.pop(job_id, None))

    async def _take_up(self, job_id: int) -> None:
        while True:
            drops = self._drops[job_id] = self._drops.get(job_id, 0) + 1
            await asyncio.sleep(RETRY_SECONDS[min(drops, len(RETRY_SECONDS)) - 1])
            try:
                job = await self._store.jobs.get(job_id)
                if job is None or job.state.is_final:
                    self._drops.pop(job_id, None)
                    return
                if job.state is JobState.RUNNING:
                    await self._store.jobs.requeue(job_id, spend_attempt=False)
            except Exception:
                log.exception("job.not_taken_up id=%d", job_id)
                continue
            self.put(job, first=True)
            return
