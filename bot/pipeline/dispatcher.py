"""Run one asyncio task per job, and retry a failed task with exponential backoff."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from bot.domain.jobs import Job, JobState
from bot.log import log_job_id
from bot.retry import RetryPolicy
from bot.store.store import Store

log = logging.getLogger(__name__)

Run = Callable[[Job, bool], Coroutine[Any, Any, None]]
"""Runs a job; the flag says whether to queue it before all waiting jobs."""


class JobDispatcher:
    """The asyncio tasks of the jobs in flight, one per job."""

    def __init__(self, store: Store, retry: RetryPolicy) -> None:
        self._store, self._retry = store, retry
        self._inbox: asyncio.Queue[tuple[Job, bool]] = asyncio.Queue()
        self._arriving = 0
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._retries: dict[int, asyncio.Task[None]] = {}
        self._failures: dict[int, int] = {}
        self._receiver: asyncio.Task[None] | None = None

    @property
    def tasks(self) -> Mapping[int, asyncio.Task[None]]:
        """Return the running tasks by job id."""
        return self._tasks

    @property
    def in_flight(self) -> int:
        """Return how many jobs are in the inbox, running, or waiting for a retry."""
        return len(self._tasks) + len(self._retries) + self._arriving

    def start(self, run: Run) -> None:
        """Start the task that takes jobs from the inbox and runs each with `run`.

        Call it from a long-lived task: job tasks must not belong to the command that ordered the
        job. A second call replaces `run` for jobs that are put from then on.
        """
        if self._receiver is not None:
            self._receiver.cancel()
        self._receiver = asyncio.create_task(self._receive(run), name="dispatch")

    async def stop(self) -> None:
        """Cancel all tasks and wait until they have ended."""
        tasks = [self._receiver, *self._tasks.values(), *self._retries.values()]
        for task in tasks:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in tasks if task), return_exceptions=True)

    async def idle(self) -> None:
        """Wait until no job is in flight."""
        while self.in_flight:
            if self._tasks or self._retries:
                await asyncio.wait([*self._tasks.values(), *self._retries.values()])
            await asyncio.sleep(0)

    def put(self, job: Job, *, first: bool = False) -> None:
        """Queue a job for running; a job that is in flight already is ignored."""
        self._arriving += 1
        self._inbox.put_nowait((job, first))

    async def _receive(self, run: Run) -> None:
        while True:
            put, first = await self._inbox.get()
            with log_job_id(put.id):
                try:
                    await self._begin(put, run, first=first)
                except Exception:
                    log.exception("job.not_started id=%d", put.id)
                    self._retry_later(put.id)
                finally:
                    self._arriving -= 1

    async def _begin(self, put: Job, run: Run, *, first: bool) -> None:
        # The same job may have been put twice, and its first run may have ended already.
        job = await self._store.jobs.get(put.id)
        if job is None or job.state.is_final or job.id in self._tasks:
            return
        task = asyncio.create_task(run(job, first), name=f"job {job.id}")
        self._tasks[job.id] = task
        task.add_done_callback(partial(self._task_ended, job.id))

    def _task_ended(self, job_id: int, task: asyncio.Task[None]) -> None:
        self._tasks.pop(job_id, None)
        if task.cancelled():
            return
        if (error := task.exception()) is None:
            self._failures.pop(job_id, None)
            return
        log.error("job.task_failed id=%d", job_id, exc_info=error)
        self._retry_later(job_id)

    def _retry_later(self, job_id: int) -> None:
        """Schedule a retry of a job, which is still in the database, after a backoff."""
        if job_id in self._retries:
            return
        task = asyncio.create_task(
            self._requeue_after_backoff(job_id), name=f"retry of job {job_id}"
        )
        self._retries[job_id] = task
        task.add_done_callback(lambda _: self._retries.pop(job_id, None))

    async def _requeue_after_backoff(self, job_id: int) -> None:
        while True:
            failures = self._failures[job_id] = self._failures.get(job_id, 0) + 1
            await asyncio.sleep(self._retry.backoff_seconds(failures))
            try:
                job = await self._store.jobs.get(job_id)
                if job is None or job.state.is_final:
                    self._failures.pop(job_id, None)
                    return
                if job.state is JobState.RUNNING:
                    await self._store.jobs.requeue(job_id, spend_attempt=False)
            except Exception:
                log.exception("job.not_retried id=%d", job_id)
                continue
            self.put(job, first=True)
            return
