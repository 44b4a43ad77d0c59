"""The pipeline: admits orders, queues them and runs each job in a task of its own.

The steps of a job are in `lifecycle.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from bot import failpoints
from bot.audio.files import post
from bot.audio.notation import Notation
from bot.audio.untrusted.uploads import Uploads
from bot.config import Config
from bot.domain.jobs import Job, JobState, MessageHandle, Order
from bot.domain.limits import Limits
from bot.domain.status import JobProgress
from bot.errors import Refused
from bot.inference.executor import CANCELLED, Executor
from bot.log import log_job_id
from bot.pipeline.dispatcher import JobDispatcher
from bot.pipeline.erasure import Erasure
from bot.pipeline.failure_notices import FailureNotifier
from bot.pipeline.library import ClipLibrary
from bot.pipeline.lifecycle import JobRunner
from bot.pipeline.notes import Notes
from bot.pipeline.order_checks import check_order
from bot.pipeline.presenter import Presenter
from bot.pipeline.stems import Stems
from bot.pipeline.timings import Timings
from bot.pipeline.uploads import UploadIntake
from bot.pipeline.word_filter import WordFilter
from bot.store.store import Store

log = logging.getLogger(__name__)


class Pipeline:
    """Takes orders and runs each to its end; an async context manager.

    Its parts `uploads`, `library`, `stems`, `notes`, `erasure` and `word_filter` are used directly.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        executor: Executor,
        reader: Uploads,
        timings: Timings | None = None,
        notation: Notation | None = None,
    ) -> None:
        """Take its collaborators; `reader` decodes uploads, `notation` is the model's."""
        self.config, self.store, self.executor = config, store, executor
        self.timings = timings or Timings()
        self._style = post.Style(
            format=config.sound.format, loudness_lufs=config.sound.loudness_lufs
        )
        self._dispatcher = JobDispatcher(store, self.timings.job_retry)
        self._notifier = FailureNotifier(store)
        self.stems = Stems(store, executor, self._style)
        self.uploads = UploadIntake(store, reader, self.stems)
        self.library = ClipLibrary(store, self._style)
        self._notation = notation
        self.notes = Notes(store, executor, notation)
        self.word_filter = WordFilter(store.unwanted_words, config.discord.unwanted_words)
        self.erasure = Erasure(
            store,
            self._dispatcher.tasks,
            self.cancel,
            self._notifier.notify,
            self.timings.forget_round_seconds,
        )

    async def __aenter__(self) -> Self:
        return self

    def start(self, presenter: Presenter) -> None:
        """Start running jobs, shown by a presenter; a second call replaces the presenter.

        Call it from a long-lived task: the job tasks must not belong to a command.
        """
        runner = JobRunner(
            self.store,
            self.executor,
            presenter,
            self._notifier,
            self.uploads,
            self._style,
            self.timings,
            self._notation,
        )
        self._notifier.start(presenter)
        self._dispatcher.start(runner.run)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._dispatcher.stop()
        await self._notifier.stop()

    @property
    def in_flight(self) -> int:
        """Return how many jobs are in flight."""
        return self._dispatcher.in_flight

    async def idle(self) -> None:
        """Wait until no job and no failure notice is in flight."""
        while self._dispatcher.in_flight or self._notifier.in_flight:
            await self._dispatcher.idle()
            await self._notifier.idle()

    async def resume(self) -> int:
        """Queue the jobs that a previous run left unfinished; return how many there were.

        Call it before the first order arrives.
        """
        await self.uploads.discard_all()
        unfinished = await self.store.jobs.unfinished()
        left = [job for job in unfinished if job.id not in self._dispatcher.tasks]
        running = [job for job in left if job.state is JobState.RUNNING]
        for job in left:
            await self.store.jobs.interrupt(job.id)
        # Jobs that were running come first: each `put(first=True)` goes before the previous one.
        for job in reversed(running):
            self._dispatcher.put(job, first=True)
        for job in left:
            if job not in running:
                self._dispatcher.put(job)
        return len(left)

    async def check(self, order: Order, limits: Limits) -> None:
        """Raise RequestError if an order would be refused now, before any work is done for it."""
        check_order(order, max_seconds=self.config.generation.max_seconds)
        await self.word_filter.check_order(order)
        await self.store.jobs.check(order, limits)

    async def submit(self, order: Order, limits: Limits, answer: MessageHandle) -> Job:
        """Accept an order and return its job; the same order again returns the first job.

        Raises RequestError, Refused among them, and then nothing is charged.
        """
        check_order(order, max_seconds=self.config.generation.max_seconds)
        await self.word_filter.check_order(order)
        job = await self.store.jobs.accept(order, limits, answer)
        with log_job_id(job.id):
            log.info("job.accepted id=%d kind=%s seconds=%g", job.id, order.kind, order.seconds)
            await failpoints.reached("job.accepted")
        if job.state is JobState.QUEUED and job.id not in self._dispatcher.tasks:
            self._dispatcher.put(job)
        return job

    async def submit_takes(
        self, orders: Sequence[Order], limits: Limits, answer: MessageHandle
    ) -> tuple[list[Job], Refused | None]:
        """Accept the orders that share a message, as many as may be.

        Returns their jobs, and why the next one was refused. Raises RequestError where none is
        accepted.
        """
        if len(orders) == 1:
            return [await self.submit(orders[0], limits, answer)], None
        for order in orders:
            check_order(order, max_seconds=self.config.generation.max_seconds)
            await self.word_filter.check_order(order)
        jobs, refused = await self.store.jobs.accept_takes(orders, limits, answer)
        log.info("takes.accepted jobs=%s of=%d", [job.id for job in jobs], len(orders))
        await failpoints.reached("job.accepted")
        for job in jobs:
            if job.state is JobState.QUEUED and job.id not in self._dispatcher.tasks:
                self._dispatcher.put(job)
        return jobs, refused

    async def is_known(self, key: str) -> bool:
        """Return whether an order with this key was accepted before."""
        return await self.store.jobs.of_key(key) is not None

    async def cancel(self, job_id: int) -> bool:
        """Cancel a waiting or running job; return whether there was one to cancel."""
        task = self._dispatcher.tasks.get(job_id)
        if task is not None and self.executor.cancel(job_id):
            await asyncio.wait([task])
            job = await self.store.jobs.get(job_id)
            return job is not None and job.state is JobState.CANCELLED
        # Before it reaches the executor's queue, the job exists only in the database.
        job = await self.store.jobs.get(job_id)
        if job is None or job.state is not JobState.QUEUED:
            return False
        if not await self.store.jobs.cancel(job_id, CANCELLED):
            return False
        await self._notifier.notify(job_id)
        return True

    def progress(self, job_id: int) -> JobProgress | None:
        """Return the progress of a job; None if the executor doesn't have it."""
        return self.executor.progress(job_id)

    async def drain(self, grace_seconds: float) -> None:
        """Start no more jobs, and wait for running ones for at most `grace_seconds`.

        Unfinished jobs are queued again at the next start without spending an attempt.
        """
        self.executor.paused = True
        await failpoints.reached("bot.draining")
        await self.executor.drain(grace_seconds)
        finishing = [
            task
            for job_id, task in self._dispatcher.tasks.items()
            if self.executor.progress(job_id) is None
            and not task.done()
            and not self._notifier.groups.is_waiting(job_id)
        ]
        if finishing:
            await asyncio.wait(finishing, timeout=grace_seconds)
        # A job that continued after the Discord client has closed would fail.
        await self._dispatcher.stop()
        await self._notifier.stop(grace_seconds)
        for job in await self.store.jobs.unfinished():
            if job.state is JobState.RUNNING:
                await self.store.jobs.requeue(job.id, spend_attempt=False)
