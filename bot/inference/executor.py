"""Owns the queue and the workers: picks the next job and the worker that gets it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Self

from bot.config import Config
from bot.domain.status import JobProgress, ModelInfo, WorkerStatus
from bot.errors import Cancelled
from bot.i18n.sentence import Sentence
from bot.inference import live_jobs
from bot.inference.audio_stream import AudioStream
from bot.inference.backend import WorkerBackend
from bot.inference.dispatch import PREPARE, give_next_job
from bot.inference.eta import EtaEstimator
from bot.inference.fair_queue import FairQueue
from bot.inference.pending_job import PendingJob, Prepare, UnrelatedWorkerLoss, make_job
from bot.inference.progress import progress_of
from bot.inference.supervisor import CANCEL_SECONDS
from bot.inference.task_set import TaskSet
from bot.inference.wait_metric import queue_wait_histogram
from bot.inference.worker_pool import WorkerPool
from bot.inference.worker_process import ProcessBackend

CANCELLED = Sentence("Cancelled. Nothing was charged.")


class Executor:
    """The queue and the workers; an async context manager that ends all workers."""

    def __init__(
        self,
        config: Config,
        *,
        engine: str | None = None,
        backend: WorkerBackend | None = None,
        joined: WorkerBackend | None = None,
        clock: Callable[[], float] = time.monotonic,
        cancel_seconds: float = CANCEL_SECONDS,
    ) -> None:
        """Take the settings and the backends: for local workers, and for machines that have joined.

        Without a `backend` workers are local processes. `engine` names what a worker opens instead
        of the model, as "module:function". A worker that does not drop a cancelled job within
        `cancel_seconds` is killed.
        """
        self._config, self._paused = config, False
        self._queue, self._eta, self._clock = FairQueue(), EtaEstimator(), clock
        self.queue_wait_seconds = queue_wait_histogram()
        self._jobs: dict[int, PendingJob] = {}
        self._changed = asyncio.Event()
        self.settled = asyncio.Event()
        """Set once it is known whether the model can be loaded."""
        self._pool = WorkerPool(
            config,
            backend or ProcessBackend(config, engine=engine),
            joined,
            eta=self._eta,
            clock=clock,
            changed=self._note_change,
            cancel_seconds=cancel_seconds,
        )
        self._tasks = TaskSet()

    async def __aenter__(self) -> Self:
        self._pool.begin(self._tasks, self.settled)
        self._tasks.begin(self._dispatch(), "queue")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._tasks.cancel()
        await self._pool.close()
        for job in list(self._jobs.values()):
            job.settle(UnrelatedWorkerLoss("the bot stops"))

    @property
    def model(self) -> ModelInfo | None:
        """Return the loaded model; None while none is loaded."""
        return self._pool.model

    @property
    def broken(self) -> Sentence | None:
        """Return why no model can be loaded; None if one is, or is being loaded."""
        return self._pool.broken

    @property
    def paused(self) -> bool:
        """Return whether dispatch is paused; running jobs go on."""
        return self._paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self._paused = paused
        self._changed.set()

    @property
    def seconds_per_second(self) -> float | None:
        """Return the work seconds per second of a single clip; None while unknown."""
        return self._eta.factor(1)

    @property
    def waiting(self) -> int:
        """Return how many jobs are queued."""
        return len(self._queue)

    @property
    def running(self) -> int:
        """Return how many jobs workers have."""
        return len(self._pool.running)

    @property
    def restarts(self) -> int:
        """Return how often a worker was replaced."""
        return self._pool.restarts

    @property
    def workers(self) -> list[WorkerStatus]:
        """Return the status of each worker."""
        return self._pool.statuses

    @property
    def worker_pids(self) -> list[int]:
        """Return the process ids of the local workers."""
        return self._pool.pids

    def submit(
        self,
        job_id: int,
        user_id: int,
        seconds: float | None,
        prepare: Prepare,
        *,
        guild_id: int | None = None,
        front: bool = False,
        alone: bool = False,
    ) -> PendingJob:
        """Queue a job; `prepare` builds its request when its turn has come.

        `front` puts it before its user's other jobs; `alone` puts it before everyone's, and no
        other job runs beside it. Idempotent: a job that is here already is returned. Without
        `seconds` it is endless music, heard through `subscribe`.
        """
        if (known := self._job(job_id)) is not None:
            return known
        now = self._clock()
        job = make_job(job_id, user_id, seconds, prepare, guild_id, alone=alone, queued_at=now)
        self._jobs[job_id] = job
        job.outcome.add_done_callback(lambda _: self._forget(job))
        (self._queue.push_front if front and not alone else self._queue.push)(job.queued)
        self._changed.set()
        return job

    def cancel(self, job_id: int) -> bool:
        """Cancel a job, which ends with Cancelled; return False if it is not here."""
        if (job := self._job(job_id)) is None:
            return False
        if not self._queue.remove(job_id):
            supervisor = self._pool.supervisor_of(job_id)
            if supervisor is not None:
                self._tasks.begin(supervisor.cancel(job), "cancel")
        job.settle(Cancelled(CANCELLED))
        return True

    def subscribe(self, job_id: int) -> AudioStream:
        """Return a stream of a job's audio from now on, while it is generated.

        The stream of an unknown job, or of a stem separation, ends at once. Endless music waits for
        its slowest subscriber; if its worker is lost, the stream raises WorkerLost.
        """
        return live_jobs.subscribe(self._job(job_id), self._pool)

    async def change_prompt(
        self,
        job_id: int,
        prompt: str | Sequence[tuple[str | None, float]] | None,
        seconds: float,
        *,
        at_seconds: float | None = None,
    ) -> float:
        """Crossfade to another prompt, or a weighted mix of several, over `seconds`.

        Starts as soon as possible, or at `at_seconds` of the new sound; returns when it starts.
        Raises RequestError if the job is finished or unknown, or a later change replaces this one.
        """
        change = live_jobs.make_change(prompt, seconds, at_seconds)
        return await live_jobs.request_change(self._job(job_id), self._pool, change)

    def end(self, job_id: int) -> bool:
        """Let endless music finish with what is generated; return False if it is not here.

        A job that is still queued is cancelled.
        """
        if (job := self._job(job_id)) is None or not job.is_endless:
            return False
        return live_jobs.end(job, self._pool) or self.cancel(job_id)

    def progress(self, job_id: int) -> JobProgress | None:
        """Return the progress of a job; None if it is not here."""
        job, order = self._job(job_id), self._queue.order()
        if job is None:
            return None
        place = order.index(job_id) if job_id in order else 0
        ahead = [self._jobs[each] for each in order[:place]]
        return progress_of(job, ahead=ahead, pool=self._pool, eta=self._eta)

    def expected_seconds(self, seconds: float) -> float | None:
        """Return how long a clip queued now would take; None while unknown."""
        ahead = [job.left_seconds for job in self._jobs.values()]
        return self._eta.waiting(own_seconds=seconds, ahead_seconds=ahead, slots=self._pool.slots)

    async def drain(self, grace_seconds: float) -> None:
        """Pause dispatch, wait for running jobs for `grace_seconds`, and prepare no more."""
        self.paused = True
        for job in self._pool.running:
            self.end(job.id)
        if running := [job.outcome for job in self._pool.running]:
            await asyncio.wait(running, timeout=grace_seconds)
        # Preparing marks a job as running, which must not happen after drain has returned.
        await self._tasks.cancel(PREPARE)

    async def _dispatch(self) -> None:
        """Give queued jobs to workers, whenever something has changed and there is room."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            while not self.paused:
                given = give_next_job(
                    self._queue, self._jobs, self._pool, self._tasks, self._config
                )
                if given is None:
                    break
                self.queue_wait_seconds.observe(max(0.0, self._clock() - given.queued_at))

    def _note_change(self) -> None:
        self._changed.set()
        if self.model is not None or self.broken is not None:
            self.settled.set()

    def _job(self, job_id: int) -> PendingJob | None:
        """Return a job that is not settled; None if it is settled or unknown."""
        job = self._jobs.get(job_id)
        # A settled job is removed by a callback, a moment later.
        return None if job is None or job.outcome.done() else job

    def _forget(self, job: PendingJob) -> None:
        if self._jobs.get(job.id) is job:
            del self._jobs[job.id]
