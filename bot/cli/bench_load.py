"""A load test of the bot: its latency while a worker is busy and many people order at once.

Timed is what happens between an order and its place in the queue: checks, transaction, queue, event
loop. Discord's own round trip is not in it.
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
from bot.config import Config, LimitsConfig
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


class _Nowhere:
    """A presenter that takes everything and shows it to nobody."""

    def max_bytes(self, job: Job) -> int:
        """Return Discord's limit."""
        return USUAL_MAX_BYTES

    async def show(self, job: Job, progress: JobProgress) -> None:
        """Show nothing."""

    async def post(self, job: Job, clip: Clip, packed: PackedClip, *, may_be_posted: bool) -> int:
        """Take the clip."""
        return job.id

    async def show_takes(self, takes: Sequence[tuple[Take, JobProgress | None]]) -> None:
        """Show nothing."""

    async def post_takes(
        self, takes: Sequence[Take], files: Mapping[int, PackedClip], *, may_be_posted: bool
    ) -> int:
        """Post nothing, and say that it was posted."""
        return 1

    async def post_failure(self, job: Job, sentence: Sentence, *, may_be_posted: bool) -> None:
        """Tell nobody."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """What a load test measured."""

    people: int
    answered: int
    median_ms: float
    p99_ms: float
    worst_ms: float
    loop_worst_ms: float
    bot_megabytes: float


def run(config: Config, people: int) -> LoadResult:
    """Let so many people order at the same moment, a few times, while clips are being made."""
    contents, _ = inspect_model(config)
    limits = LimitsConfig(
        daily_seconds=1e6, waiting_per_user=100, running_per_user=64, waiting=100_000
    )
    free = dataclasses.replace(config, limits=limits)
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(free, contents, people, Path(folder)))


async def _measure(config: Config, contents: Contents, people: int, folder: Path) -> LoadResult:
    async with open_pipeline(config, contents, folder=folder) as pipeline:
        pipeline.start(_Nowhere())
        await pipeline.executor.settled.wait()
        allowed = Limits(
            daily_seconds=1e9, waiting_per_user=1000, waiting_per_guild=100_000, waiting=100_000
        )

        async def order(number: int, user_id: int) -> float:
            begun = time.perf_counter()
            await pipeline.order(
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

        # The worker is at full speed before anybody is timed.
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
    """Note how late the event loop wakes up, in milliseconds."""
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
    """Return the result in words."""
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
