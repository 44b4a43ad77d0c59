"""A job between its submission and its outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot.domain.generation import Codes, GenerationRequest, PromptChange, Request, Sound
from bot.domain.request_checks import OVER
from bot.domain.status import ModelInfo
from bot.errors import Cancelled, RequestError
from bot.inference.audio_stream import AudioStream
from bot.inference.fair_queue import QueuedJob

ENDLESS_SECONDS = 60.0
"""What music without end counts for among the jobs that wait for their turn."""

Prepare = Callable[[], Awaitable[Request]]
"""Returns what the engine is asked for, when it is the job's turn."""


class WorkerLost(Exception):
    """The worker died or hung while it had a job; the job may or may not be why."""


class NotToBlame(WorkerLost):
    """The worker was ended because of another job, or before it had this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A clip as the engine generated or separated it; codes and stems where there are some."""

    sound: Sound
    seconds_of_work: float
    model: ModelInfo
    codes: Codes | None = None
    stems: Mapping[str, Sound] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AskedChange:
    """Other words for a job, and the future second of its sound at which they begin."""

    change: PromptChange
    begun: asyncio.Future[float]


class PendingJob:
    """A job from the queue to its outcome."""

    def __init__(
        self, queued: QueuedJob, prepare: Prepare, *, queued_at: float, is_endless: bool = False
    ) -> None:
        """Take the job's place in the queue, and since when it has it."""
        self.queued, self.prepare, self.queued_at = queued, prepare, queued_at
        self.is_endless = is_endless
        self.started = asyncio.Event()
        """Set when a worker has it."""
        self.released = asyncio.Event()
        """Set when no worker has it any more."""
        self.done_seconds = 0.0
        """Seconds of new sound so far."""
        self.started_at: float | None = None
        self.streams: list[AudioStream] = []
        self.heard_seconds = 0.0
        """How much of its sound has come, where anybody has subscribed."""
        self.taken_seconds = 0.0
        """How much of it the worker knows to be taken."""
        self.changes: dict[int, AskedChange] = {}
        """Those without an answer, by their id."""
        self.asked_changes = 0
        self.outcome: asyncio.Future[Rendered] = asyncio.get_running_loop().create_future()
        # A failure that nobody waits for is not an unhandled one.
        self.outcome.add_done_callback(lambda done: done.cancelled() or done.exception())

    @property
    def id(self) -> int:
        """Return the job's id."""
        return self.queued.job_id

    @property
    def left_seconds(self) -> float:
        """Return the seconds of new sound still to be generated."""
        return max(0.0, self.queued.seconds - self.done_seconds)

    @property
    def open_streams(self) -> list[AudioStream]:
        """Return the streams of those who still listen."""
        return [stream for stream in self.streams if not stream.is_closed]

    async def result(self) -> Rendered:
        """Wait for the clip. Raises Cancelled, JobError, WorkerLost and what `prepare` raises."""
        return await asyncio.shield(self.outcome)

    def settle(self, outcome: Rendered | BaseException) -> None:
        """Set the outcome and end the streams. Idempotent: later calls are ignored."""
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
    """Return a job that is to be queued, of music without end if it has no seconds."""
    queued = QueuedJob(
        job_id=job_id,
        user_id=user_id,
        seconds=ENDLESS_SECONDS if seconds is None else seconds,
        guild_id=guild_id,
        alone=alone,
    )
    return PendingJob(queued, prepare, queued_at=queued_at, is_endless=seconds is None)


def check_end(request: Request, job: PendingJob) -> None:
    """Raise ValueError where a request has no end and its job was queued as if it had, or so."""
    if (isinstance(request, GenerationRequest) and request.seconds is None) != job.is_endless:
        raise ValueError(f"job {job.id} is endless: {job.is_endless}, its request is not so")
