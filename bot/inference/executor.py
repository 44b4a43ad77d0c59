"""Owns the queue and the workers: whose turn it is, and which worker gets the job."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from bot.config import Config
from bot.domain.generation import PromptChange
from bot.domain.status import JobProgress, ModelInfo, WorkerStatus
from bot.errors import Cancelled
from bot.i18n.sentence import Sentence
from bot.inference import live_jobs
from bot.inference.audio_stream import AudioStream
from bot.inference.backend import WorkerBackend
from bot.inference.eta import EtaEstimator
from bot.inference.fair_queue import FairQueue
from bot.inference.pending import NotToBlame, PendingJob, Prepare, make_job
from bot.inference.progress import progress_of
from bot.inference.supervisor import CANCEL_SECONDS, WorkerSupervisor
from bot.inference.task_set import TaskSet
from bot.inference.wait_metric import queue_wait_histogram
from bot.inference.worker_pool import WorkerPool
from bot.inference.worker_process import ProcessBackend

CANCELLED = Sentence("Cancelled. Nothing was charged.")


class Executor:
    """The queue and the workers; an async context manager that leaves no worker behind."""

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
        """Take the settings, and what starts workers: here, and on machines that have joined.

        Without a `backend` workers are processes of this machine. `engine` names what a worker
        opens in place of the model, as "module:function". A worker that does not drop a cancelled
        job within `cancel_seconds` is killed.
        """
        backend = backend or ProcessBackend(config, engine=engine)
        self._config, self._paused = config, False
        self._queue, self._eta, self._clock = FairQueue(), EtaEstimator(), clock
        self.queue_wait_seconds = queue_wait_histogram()
        self._jobs: dict[int, PendingJob] = {}
        self._changed = asyncio.Event()
        self.settled = asyncio.Event()
        """Set once it is known whether the model can be loaded."""
        self._pool = WorkerPool(
            config,
            backend,
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

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._tasks.cancel()
        await self._pool.close()
        for job in list(self._jobs.values()):
            job.settle(NotToBlame("the bot stops"))

    @property
    def model(self) -> ModelInfo | None:
        """Return what is loaded; None while nothing is."""
        return self._pool.model

    @property
    def broken(self) -> Sentence | None:
        """Return why no model can be loaded, in a sentence."""
        return self._pool.broken

    @property
    def paused(self) -> bool:
        """Tell whether no more jobs are given to workers; those running go on."""
        return self._paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self._paused = paused
        self._changed.set()

    @property
    def seconds_per_second(self) -> float | None:
        """Return the seconds of work for a second of a single clip; None while unknown."""
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
        """Return how often a worker had to be replaced."""
        return self._pool.restarts

    @property
    def workers(self) -> list[WorkerStatus]:
        """Return how each worker is doing."""
        return self._pool.statuses

    @property
    def worker_pids(self) -> list[int]:
        """Return the ids of the worker processes on this machine."""
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
        """Queue a job of a person on a server; `prepare` is called when its turn has come.

        With `front` it comes before its user's others; with `alone` it comes before everyone's,
        and nothing runs beside it. A job that is here already is not queued again, but returned.
        Without `seconds` it is music without end, of which subscribers get the sound.
        """
        known = self._job(job_id)
        if known is not None:
            return known
        now = self._clock()
        job = make_job(job_id, user_id, seconds, prepare, guild_id, alone=alone, queued_at=now)
        self._jobs[job_id] = job
        job.outcome.add_done_callback(lambda _: self._forget(job))
        (self._queue.push_front if front and not alone else self._queue.push)(job.queued)
        self._changed.set()
        return job

    def cancel(self, job_id: int) -> bool:
        """Stop a job, which ends with Cancelled; False where it is not here."""
        job = self._job(job_id)
        if job is None:
            return False
        if not self._queue.remove(job_id):
            supervisor = self._pool.supervisor_of(job_id)
            if supervisor is not None:
                self._tasks.begin(supervisor.cancel(job), "cancel")
        job.settle(Cancelled(CANCELLED))
        return True

    def subscribe(self, job_id: int) -> AudioStream:
        """Return a job's audio, from here on, while it is generated; it ends when the job does.

        The stream of a job that is not here, or is separated only, ends without any. Music without
        end waits for its slowest listener; if its worker is lost, the stream raises WorkerLost.
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
        """Fade to another prompt, or several by weight, over so many seconds.

        As soon as it can be, or at a second of the new sound; return at which it begins. Raises
        RequestError for a job that is over or unknown, and where newer words come before that.
        """
        words = ((prompt, 1.0),) if prompt is None or isinstance(prompt, str) else tuple(prompt)
        change = PromptChange(words=words, fade_seconds=seconds, at_seconds=at_seconds)
        return await live_jobs.ask_change(self._job(job_id), self._pool, change)

    def end(self, job_id: int) -> bool:
        """Let music without end finish with what is made of it; False where it is not here.

        A job that no worker has is cancelled.
        """
        job = self._job(job_id)
        if job is None or not job.is_endless:
            return False
        return live_jobs.end(job, self._pool) or self.cancel(job_id)

    def progress(self, job_id: int) -> JobProgress | None:
        """Return where a job stands; None where it is not here."""
        job, order = self._job(job_id), self._queue.order()
        if job is None:
            return None
        place = order.index(job_id) if job_id in order else 0
        ahead = [self._jobs[each] for each in order[:place]]
        return progress_of(job, ahead=ahead, pool=self._pool, eta=self._eta)

    def expected_seconds(self, seconds: float) -> float | None:
        """Return how long a clip would take that is queued now; None while unknown."""
        ahead = [job.left_seconds for job in self._jobs.values()]
        return self._eta.waiting(own_seconds=seconds, ahead_seconds=ahead, slots=self._pool.slots)

    async def drain(self, grace_seconds: float) -> None:
        """Give workers no more jobs and wait, so long at the most, for those that are running."""
        self.paused = True
        for job in self._pool.running:
            self.end(job.id)
        running = [job.outcome for job in self._pool.running]
        if running:
            await asyncio.wait(running, timeout=grace_seconds)

    async def _dispatch(self) -> None:
        """Give the next job in the queue to a worker whenever there is room."""
        most = self._config.limits.running_per_user
        while True:
            await self._changed.wait()
            self._changed.clear()
            while not self.paused and (supervisor := self._free_supervisor()) is not None:
                running = Counter(job.queued.user_id for job in self._pool.running)
                queued = self._queue.take(running, most_per_user=most)
                if queued is None:
                    break
                job = self._jobs[queued.job_id]
                self.queue_wait_seconds.observe(max(0.0, self._clock() - job.queued_at))
                supervisor.jobs[job.id] = job
                self._tasks.begin(supervisor.give(job), "prepare")

    def _free_supervisor(self) -> WorkerSupervisor | None:
        """Return that of the ready worker with the most room for the next job."""
        if self._queue.next_is_alone:
            live_jobs.give_way(self._pool, self._tasks)
        return self._pool.free(1 if self._queue.next_is_alone else self._config.engine.slots)

    def _note_change(self) -> None:
        self._changed.set()
        if self.model is not None or self.broken is not None:
            self.settled.set()

    def _job(self, job_id: int) -> PendingJob | None:
        """Return a job that has no outcome yet."""
        job = self._jobs.get(job_id)
        # One that has just been settled is forgotten a moment later.
        return None if job is None or job.outcome.done() else job

    def _forget(self, job: PendingJob) -> None:
        if self._jobs.get(job.id) is job:
            del self._jobs[job.id]
