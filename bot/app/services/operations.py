"""The status of the bot, and draining before a restart."""

from __future__ import annotations

from dataclasses import dataclass

from bot.app.health import Health
from bot.domain.status import ModelInfo, ShardStatus, WorkerStatus
from bot.i18n.sentence import Sentence
from bot.pipeline.service import Pipeline

_DRAINING = "draining"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus:
    """The status of the music engine."""

    model: ModelInfo | None
    """None while it is being loaded or can't be loaded."""
    trouble: Sentence | None
    """Why no model can be loaded."""
    seconds_per_second: float | None
    """Work seconds per second of music for a single clip; None while unknown."""
    waiting: int
    running: int
    restarts: int
    workers: tuple[WorkerStatus, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BotStatus:
    """The status of the bot."""

    engine: EngineStatus
    oldest_wait_seconds: float
    """0 if the queue is empty."""
    delivered: int
    failed: int
    up_seconds: float
    memory_bytes: int
    lag_seconds: float
    """The largest event loop lag within the last minute."""
    last_error: str | None
    shards: tuple[ShardStatus, ...] = ()
    """The connections to Discord."""


class OperationsService:
    """For the operators of the bot."""

    def __init__(self, pipeline: Pipeline, health: Health) -> None:
        self._pipeline, self._health = pipeline, health

    def engine(self) -> EngineStatus:
        """Return the status of the music engine."""
        executor = self._pipeline.executor
        return EngineStatus(
            model=executor.model,
            trouble=executor.broken,
            seconds_per_second=executor.seconds_per_second,
            waiting=executor.waiting,
            running=executor.running,
            restarts=executor.restarts,
            workers=tuple(executor.workers),
        )

    async def status(self) -> BotStatus:
        """Return the status of the bot."""
        health, totals = self._health, await self._pipeline.store.totals()
        return BotStatus(
            engine=self.engine(),
            oldest_wait_seconds=totals.waited_seconds,
            delivered=totals.jobs["delivered"],
            failed=totals.jobs["failed"],
            up_seconds=health.up_seconds,
            memory_bytes=health.memory_bytes,
            lag_seconds=health.lag_seconds,
            last_error=health.last_error,
            shards=health.shards,
        )

    async def set_draining(self, on: bool) -> None:
        """Refuse all new orders from now on, or accept them again."""
        await self._pipeline.store.settings.set_metadata(_DRAINING, "1" if on else "")
