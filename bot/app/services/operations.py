"""How the bot is doing, and what its owner can do about it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.app.health import Health
from bot.domain.status import ModelInfo, ShardStatus, WorkerStatus
from bot.i18n.sentence import Sentence
from bot.pipeline.service import Pipeline

_DRAINING = "draining"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus:
    """What makes the music, and how fast."""

    model: ModelInfo | None
    """None while it is being loaded or can't be."""
    trouble: Sentence | None
    """Why no model can be loaded."""
    seconds_per_second: float | None
    """Seconds of work for a second of music, for one clip alone; None while it is not known."""
    waiting: int
    running: int
    restarts: int
    workers: tuple[WorkerStatus, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BotStatus:
    """How the bot is doing."""

    engine: EngineStatus
    oldest_wait_seconds: float
    """0 where nobody waits."""
    delivered: int
    failed: int
    up_seconds: float
    memory_bytes: int
    lag_seconds: float
    """How late the event loop was at most, within the last minute."""
    last_error: str | None
    shards: tuple[ShardStatus, ...] = ()
    """The connections to Discord."""


class OperationsService:
    """For those who run the bot."""

    def __init__(self, pipeline: Pipeline, health: Health) -> None:
        self._pipeline, self._health = pipeline, health

    def engine(self) -> EngineStatus:
        """Return how the music engine is doing."""
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
        """Return how the bot is doing."""
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
