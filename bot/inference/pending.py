"""A job between its submission and its outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot.domain.generation import Codes, Request, Sound
from bot.domain.status import ModelInfo
from bot.inference.audio_stream import AudioStream
from bot.inference.fair_queue import QueuedJob

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


class PendingJob:
    """A job from the queue to its outcome."""

    def __init__(self, queued: QueuedJob, prepare: Prepare, *, queued_at: float) -> None:
        """Take the job's place in the queue, and since when it has it."""
        self.queued, self.prepare, self.queued_at = queued, prepare, queued_at
        self.started = asyncio.Event()
        """Set when a worker has it."""
        self.released = asyncio.Event()
        """Set when no worker has it any more."""
        self.done_seconds = 0.0
        """Seconds of new sound so far."""
        self.started_at: float | None = None
        self.streams: list[AudioStream] = []
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
        return self.queued.seconds - self.done_seconds

    async def result(self) -> Rendered:
        """Wait for the clip. Raises Cancelled, JobError, WorkerLost and what `prepare` raises."""
        return await asyncio.shield(self.outcome)

    def settle(self, outcome: Rendered | BaseException) -> None:
        """Set the outcome and end the streams. Idempotent: later calls are ignored."""
        for stream in self.streams:
            stream.close()
        if self.outcome.done():
            return
        if isinstance(outcome, Rendered):
            self.outcome.set_result(outcome)
        else:
            self.outcome.set_exception(outcome)
