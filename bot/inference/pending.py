"""A job in the executor's hands, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot.domain.generation import Codes, Request, Sound
from bot.domain.status import ModelInfo
from bot.inference.fair_queue import Waiting

Prepare = Callable[[], Awaitable[Request]]


class WorkerLost(Exception):
    """The worker died or hung while it made a clip; the clip may or may not be why."""


class NotToBlame(WorkerLost):
    """The worker was ended because of another clip, or before it had this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A clip as the engine made it, or took it apart; codes and stems where there are some."""

    sound: Sound
    seconds_of_work: float
    model: ModelInfo
    codes: Codes | None = None
    stems: Mapping[str, Sound] = field(default_factory=dict)


class Run:
    """A job from the line to its outcome."""

    def __init__(self, waiting: Waiting, prepare: Prepare, *, since: float) -> None:
        self.waiting, self.prepare, self.since = waiting, prepare, since
        self.started = asyncio.Event()
        """Set when a worker has it."""
        self.left = asyncio.Event()
        """Set when no worker has it any more."""
        self.done_seconds = 0.0
        self.begun: float | None = None
        self.outcome: asyncio.Future[Rendered] = asyncio.get_running_loop().create_future()
        # One that nobody waits for any more is no error.
        self.outcome.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def result(self) -> Rendered:
        """Wait for the clip. Raises Cancelled, JobError, WorkerLost and what `prepare` raises."""
        return await asyncio.shield(self.outcome)

    def end(self, outcome: Rendered | BaseException) -> None:
        """Settle the run; what comes second changes nothing."""
        if self.outcome.done():
            return
        if isinstance(outcome, Rendered):
            self.outcome.set_result(outcome)
        else:
            self.outcome.set_exception(outcome)
