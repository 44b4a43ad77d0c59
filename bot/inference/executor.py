"""Owns the line and the workers: whose turn it is, and who makes it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

from bot.config import Config
from bot.domain.status import JobProgress, ModelInfo
from bot.errors import Cancelled
from bot.inference.eta import Pace
from bot.inference.fair_queue import FairQueue, Waiting
from bot.inference.pending import Prepare, Run, WorkerLost
from bot.inference.supervisor import WorkerSupervisor
from bot.inference.wait_histogram import Waits
from bot.inference.worker_process import ENGINE

log = logging.getLogger(__name__)

CANCELLED = "Cancelled. Nothing was charged."


class Executor:
    """The line and the workers; an async context manager that leaves no process behind."""

    def __init__(
        self,
        config: Config,
        *,
        engine: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the settings; `engine` names what a worker opens in place of the model."""
        self._paused = False
        self._config = config
        self._queue, self._pace, self._clock = FairQueue(), Pace(), clock
        self.waits = Waits()
        self._runs: dict[int, Run] = {}
        self._news = asyncio.Event()
        self.settled = asyncio.Event()
        """Set when it is known whether the model can be loaded."""
        self._keepers = [
            WorkerSupervisor(config, engine or ENGINE, self._pace, clock, self._changed)
            for _ in range(config.worker.count)
        ]
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        for keeper in self._keepers:
            self._begin(keeper.keep(), "worker")
        self._begin(self._hand_out(), "line")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for run in list(self._runs.values()):
            run.end(WorkerLost("the bot stops"))

    @property
    def model(self) -> ModelInfo | None:
        """Return what is loaded; None while nothing is."""
        return next((keeper.model for keeper in self._keepers if keeper.model is not None), None)

    @property
    def broken(self) -> str | None:
        """Return why no model can be loaded, in a sentence."""
        return None if self.model else next((k.broken for k in self._keepers if k.broken), None)

    @property
    def paused(self) -> bool:
        """Tell whether nothing new is handed out; what is being made goes on."""
        return self._paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self._paused = paused
        self._news.set()

    @property
    def seconds_per_second(self) -> float | None:
        """Return the seconds of work for a second of a single clip; None while unknown."""
        return self._pace.factor(1)

    @property
    def waiting(self) -> int:
        """Return how many are in line."""
        return len(self._queue)

    @property
    def running(self) -> int:
        """Return how many are being made."""
        return sum(len(keeper.runs) for keeper in self._keepers)

    @property
    def restarts(self) -> int:
        """Return how often a worker had to be replaced."""
        return sum(max(0, keeper.starts - 1) for keeper in self._keepers)

    @property
    def worker_pids(self) -> list[int]:
        """Return the numbers of the worker processes."""
        return [keeper.process.pid for keeper in self._keepers if keeper.process is not None]

    def submit(
        self,
        job_id: int,
        user_id: int,
        seconds: float,
        prepare: Prepare,
        *,
        front: bool = False,
        alone: bool = False,
    ) -> Run:
        """Put a job in line; `prepare` is called when its turn has come.

        With `front` it comes before its person's others; with `alone` it comes before everyone's,
        and nothing is made beside it. A job that is here already keeps its run, which is returned.
        """
        known = self._run(job_id)
        if known is not None:
            return known
        waiting = Waiting(job_id=job_id, user_id=user_id, seconds=seconds, alone=alone)
        run = Run(waiting, prepare, since=self._clock())
        self._runs[job_id] = run
        run.outcome.add_done_callback(lambda _: self._forget(run))
        (self._queue.push_front if front and not alone else self._queue.push)(waiting)
        self._news.set()
        return run

    def cancel(self, job_id: int) -> bool:
        """Stop a job, which ends with Cancelled; False where it is not here."""
        run = self._run(job_id)
        if run is None:
            return False
        if not self._queue.remove(job_id):
            for keeper in self._keepers:
                if job_id in keeper.runs:
                    self._begin(keeper.cancel(run), "cancel")
        run.end(Cancelled(CANCELLED))
        return True

    def standing(self, job_id: int) -> JobProgress | None:
        """Return where a job is; None where it is not here."""
        run = self._run(job_id)
        if run is None:
            return None
        total, is_ready = run.waiting.seconds, self.model is not None
        if run.started.is_set():
            left = self._pace.running(
                left_seconds=total - run.done_seconds, at_once=max(1, self.running)
            )
            return JobProgress(
                ahead=0,
                share=min(1.0, run.done_seconds / total),
                seconds_left=left,
                is_running=True,
                model_is_ready=is_ready,
            )
        order = self._queue.order()
        ahead = order.index(job_id) if job_id in order else 0
        before = [self._runs[each].waiting.seconds for each in order[:ahead]]
        before += [
            each.waiting.seconds - each.done_seconds
            for keeper in self._keepers
            for each in keeper.runs.values()
            if each is not run
        ]
        slots = self._config.engine.slots * len(self._keepers)
        left = self._pace.waiting(own_seconds=total, ahead_seconds=before, slots=slots)
        return JobProgress(
            ahead=ahead,
            share=0.0,
            seconds_left=left,
            is_running=False,
            model_is_ready=is_ready,
            trouble=self.broken,
        )

    def expected_seconds(self, seconds: float) -> float | None:
        """Return how long a clip would take that is put in line now; None while unknown."""
        ahead = [run.waiting.seconds - run.done_seconds for run in self._runs.values()]
        slots = self._config.engine.slots * len(self._keepers)
        return self._pace.waiting(own_seconds=seconds, ahead_seconds=ahead, slots=slots)

    async def drain(self, grace_seconds: float) -> None:
        """Hand out nothing more and wait, so long at the most, for what is being made."""
        self.paused = True
        running = [run.outcome for keeper in self._keepers for run in keeper.runs.values()]
        if running:
            await asyncio.wait(running, timeout=grace_seconds)

    async def _hand_out(self) -> None:
        """Give the next in line to a worker whenever there is room."""
        most = self._config.limits.running_per_user
        while True:
            await self._news.wait()
            self._news.clear()
            while not self.paused and (keeper := self._free_keeper()) is not None:
                running = Counter(
                    run.waiting.user_id for each in self._keepers for run in each.runs.values()
                )
                waiting = self._queue.take(running, most_per_user=most)
                if waiting is None:
                    break
                run = self._runs[waiting.job_id]
                self.waits.note(max(0.0, self._clock() - run.since))
                keeper.runs[waiting.job_id] = run
                self._begin(keeper.give(run), "prepare")

    def _free_keeper(self) -> WorkerSupervisor | None:
        """Return the ready worker with the most room for the next in line."""
        most = 1 if self._queue.next_is_alone else self._config.engine.slots
        ready = [k for k in self._keepers if k.model is not None and k.room(most)]
        return min(ready, key=lambda keeper: len(keeper.runs), default=None)

    def _changed(self) -> None:
        self._news.set()
        if self.model is not None or self.broken is not None:
            self.settled.set()

    def _run(self, job_id: int) -> Run | None:
        """Return the run of a job that is not at its end."""
        run = self._runs.get(job_id)
        # One that has just ended is forgotten a moment later.
        return None if run is None or run.outcome.done() else run

    def _forget(self, run: Run) -> None:
        job_id = run.waiting.job_id
        if self._runs.get(job_id) is run:
            del self._runs[job_id]

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("executor.failed task=%s", task.get_name(), exc_info=error)
