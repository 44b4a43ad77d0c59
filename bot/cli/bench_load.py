"""A load test of the bot: its latency while a worker is busy and many people order at once.

The time from an order until it is queued is measured: checks, transaction, queue and event loop,
without Discord's round trip.
"""

from __future__ import annotations

import asyncio
import dataclasses
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from bot.app.wiring import open_pipeline
from bot.config import Config, LimitsConfig, with_local_workers
from bot.domain.clips import Clip
from bot.domain.jobs import USUAL_MAX_BYTES, Job, Kind, MessageHandle, Order, RequestOrigin
from bot.domain.limits import Limits
from bot.domain.status import JobProgress
from bot.domain.takes import Take
from bot.i18n.sentence import Sentence
from bot.models.locate import inspect_model
from bot.musicgen.checkpoint.inspection import Contents
from bot.pipeline.packaging import PackedClip

_BUSY_SECONDS = 30.0
_ROUNDS = 5
_TICK_SECONDS = 0.005


class _NoPresenter:
    """A presenter that discards everything."""

    def max_bytes(self, job: Job) -> int:
        """Return Discord's limit."""
        return USUAL_MAX_BYTES

    async def show(self, job: Job, progress: JobProgress) -> None:
        """Show nothing."""

    async def post(self, job: Job, clip: Clip, packed: PackedClip, *, may_be_posted: bool) -> int:
        """Discard the clip."""
        return job.id

    async def show_takes(self, takes: Sequence[tuple[Take, JobProgress | None]]) -> None:
        """Show nothing."""

    async def post_takes(
        self, takes: Sequence[Take], files: Mapping[int, PackedClip], *, may_be_posted: bool
    ) -> int:
        """Report success without posting."""
        return 1

    async def follow_up(self, job: Job, clip: Clip, *, takes: int = 1) -> None:
        """Do nothing."""

    async def post_failure(self, job: Job, sentence: Sentence, *, may_be_posted: bool) -> None:
        """Discard the failure."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """The results of a load test."""

    people: int
    answered: int
    median_ms: float
    p99_ms: float
    worst_ms: float
    loop_worst_ms: float
    bot_megabytes: float


def run(config: Config, people: int) -> LoadResult:
    """Let many people order at the same moment, several times, while clips are being made."""
    contents, _ = inspect_model(config)
    limits = LimitsConfig(
        daily_seconds=1e6, waiting_per_user=100, running_per_user=64, waiting=100_000
    )
    free = dataclasses.replace(with_local_workers(config), limits=limits)
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(free, contents, people, Path(folder)))


async def _measure(config: Config, contents: Contents, people: int, folder: Path) -> LoadResult:
    async with open_pipeline(config, contents, folder=folder) as pipeline:
        pipeline.start(_NoPresenter())
        await pipeline.executor.settled.wait()
        allowed = Limits(
            daily_seconds=1e9, waiting_per_user=1000, waiting_per_guild=100_000, waiting=100_000
        )

        async def order(number: int, user_id: int) -> float:
            begun = time.perf_counter()
            await pipeline.submit(
                Order(
                    key=f"{number}",
                    origin=RequestOrigin(user_id=user_id, channel_id=1, guild_id=1),
                    kind=Kind.MUSIC,
                    seconds=_BUSY_SECONDS,
                    seed=number,
                    prompt="90s rock",
                    sampling=contents.sampling,
                ),
                allowed,
                MessageHandle(),
            )
            return 1000 * (time.perf_counter() - begun)

        # Measure only after the worker has reached full speed.
        for number in range(config.engine.slots):
            await order(number, number)
        await asyncio.sleep(2.0)
        late: list[float] = []
        watching = asyncio.create_task(_watch(late))
        times: list[float] = []
        for round_ in range(1, _ROUNDS + 1):
            first = 1000 * round_
            times += await asyncio.gather(*(order(first + n, n) for n in range(people)))
            await asyncio.sleep(0.5)
        watching.cancel()
        memory = psutil.Process().memory_info().rss / 2**20
    return _summarize(times, late, people, memory)


async def _watch(late: list[float]) -> None:
    """Record the event loop's wake-up delays in milliseconds."""
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(_TICK_SECONDS)
        late.append(1000 * (time.perf_counter() - begun - _TICK_SECONDS))


def _summarize(
    times: Sequence[float], late: Sequence[float], people: int, memory: float
) -> LoadResult:
    return LoadResult(
        people=people,
        answered=len(times),
        median_ms=statistics.median(times),
        p99_ms=sorted(times)[int(0.99 * (len(times) - 1))],
        worst_ms=max(times),
        loop_worst_ms=max(late),
        bot_megabytes=memory,
    )


def lines(found: LoadResult) -> list[Sentence]:
    """Return the result as lines of text."""
    return [
        Sentence(
            "{answered} orders by {people} people at once while the worker was busy:",
            answered=found.answered,
            people=found.people,
        ),
        Sentence(
            "  a place in the queue after {median:.0f} ms (median), {p99:.0f} ms (p99), "
            "{worst:.0f} ms (worst)",
            median=found.median_ms,
            p99=found.p99_ms,
            worst=found.worst_ms,
        ),
        Sentence("  the event loop lagged by {ms:.0f} ms at worst", ms=found.loop_worst_ms),
        Sentence("  the bot's process has {megabytes:.0f} MB", megabytes=found.bot_megabytes),
    ]
