"""A submitted job that is not settled yet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bot.domain.generation import Codes, GenerationRequest, PromptChange, Request, Sound
from bot.domain.request_checks import OVER
from bot.domain.status import ModelInfo
from bot.errors import Cancelled, RequestError
from bot.inference.audio_stream import AudioStream
from bot.inference.eta import EtaEstimator
from bot.inference.fair_queue import QueuedJob

ENDLESS_SECONDS = 60.0
"""The cost of endless music in the fair queue, in seconds."""

Prepare = Callable[[], Awaitable[Request]]
"""Builds the engine's request when it is the job's turn."""


class WorkerLost(Exception):
    """The worker died or hung while it had the job, which may be the cause."""


class UnrelatedWorkerLoss(WorkerLost):
    """The worker ended because of another job or with its machine, or before it had this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The result of a job; codes and stems if the model has some."""

    sound: Sound
    seconds_of_work: float
    model: ModelInfo
    codes: Codes | None = None
    stems: Mapping[str, Sound] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RequestedChange:
    """A requested prompt change, and the future second of sound at which it starts."""

    change: PromptChange
    begun: asyncio.Future[float]


class PendingJob:
    """A job from its submission to its outcome."""

    def __init__(
        self, queued: QueuedJob, prepare: Prepare, *, queued_at: float, is_endless: bool = False
    ) -> None:
        """Take the job's queue entry, and the time at which it was queued."""
        self.queued, self.prepare, self.queued_at = queued, prepare, queued_at
        self.is_endless = is_endless
        self.started = asyncio.Event()
        """Set when the job was sent to a worker."""
        self.released = asyncio.Event()
        """Set when no worker has the job any more."""
        self.done_seconds = 0.0
        """Seconds of new sound so far."""
        self.started_at: float | None = None
        self.streams: list[AudioStream] = []
        self.heard_seconds = 0.0
        """Seconds of sound received, if anybody has subscribed."""
        self.taken_seconds = 0.0
        """Seconds that the worker was told its subscribers have read."""
        self.changes: dict[int, RequestedChange] = {}
        """Prompt changes that the worker has not answered, by their id."""
        self.asked_changes = 0
        self.outcome: asyncio.Future[Rendered] = asyncio.get_running_loop().create_future()
        # Mark the exception as retrieved, in case nobody awaits the outcome.
        self.outcome.add_done_callback(lambda done: done.cancelled() or done.exception())

    @property
    def id(self) -> int:
        """Return the job's id."""
        return self.queued.job_id

    @property
    def left_seconds(self) -> float:
        """Return the seconds of sound still to be generated."""
        return max(0.0, self.queued.seconds - self.done_seconds)

    @property
    def open_streams(self) -> list[AudioStream]:
        """Return the streams that are not closed."""
        return [stream for stream in self.streams if not stream.is_closed]

    async def result(self) -> Rendered:
        """Wait for the outcome. Raises Cancelled, JobError, WorkerLost and errors of `prepare`."""
        return await asyncio.shield(self.outcome)

    def settle(self, outcome: Rendered | BaseException) -> None:
        """Set the outcome and close the streams. Idempotent: later calls are ignored."""
        is_broken = self.is_endless and not isinstance(outcome, Rendered | Cancelled)
        error = outcome if is_broken and isinstance(outcome, BaseException) else None
        for stream in self.streams:
            stream.close(error)
        for asked in self.changes.values():
            if not asked.begun.done():
                asked.begun.set_exception(RequestError(OVER))
        self.changes.clear()
        if self.outcome.done():
            return
        if isinstance(outcome, Rendered):
            self.outcome.set_result(outcome)
        else:
            self.outcome.set_exception(outcome)


def make_job(
    job_id: int,
    user_id: int,
    seconds: float | None,
    prepare: Prepare,
    guild_id: int | None,
    *,
    alone: bool,
    queued_at: float,
) -> PendingJob:
    """Return a new job; endless music if it has no seconds."""
    queued = QueuedJob(
        job_id=job_id,
        user_id=user_id,
        seconds=ENDLESS_SECONDS if seconds is None else seconds,
        guild_id=guild_id,
        alone=alone,
    )
    return PendingJob(queued, prepare, queued_at=queued_at, is_endless=seconds is None)


def worker_loss(job: PendingJob, *, is_blameless: bool) -> WorkerLost:
    """Return why a job ends with its worker; `is_blameless` if no job can be the cause."""
    # A job that is still being prepared was never sent to the worker.
    is_suspect = job.started.is_set() and not is_blameless
    return (WorkerLost if is_suspect else UnrelatedWorkerLoss)("the worker ended")


def check_end(request: Request, job: PendingJob) -> None:
    """Raise ValueError if exactly one of request and job is endless."""
    if (isinstance(request, GenerationRequest) and request.seconds is None) != job.is_endless:
        raise ValueError(f"job {job.id} is endless: {job.is_endless}, its request is not so")


def learn_pace(
    job: PendingJob, estimators: Iterable[EtaEstimator], *, at_once: int, now: float
) -> None:
    """Add the pace of a running job to estimators, with `at_once` jobs running at `now`."""
    # Endless music waits for its subscribers, so its pace is not the worker's.
    if job.started_at is None or job.is_endless:
        return
    for estimator in estimators:
        estimator.learn(
            at_once=at_once, work_seconds=now - job.started_at, sound_seconds=job.done_seconds
        )
