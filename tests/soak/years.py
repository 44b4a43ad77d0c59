"""The speed of a database with years of use: `python -m tests.soak.years`.

It has 200,000 clips, 1,000,000 entries of the ledger and 50,000 people. The bot's queries are timed
through its store, while jobs are accepted, generated and delivered at the same time. For each query
it prints the time, the processor time with that of the writer, and the longest time that anything
held the writer meanwhile. `--folder` keeps the database for later runs.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import itertools
import logging
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.domain.jobs import Kind, MessageHandle, Order, RequestOrigin
from bot.domain.limits import Limits
from bot.domain.sight import Sight
from bot.i18n.sentence import Sentence
from bot.store.backup import rotate
from bot.store.database import FILE
from bot.store.new_clips import NewClip
from bot.store.retention import sweep
from bot.store.store import Store, open_store
from tests.soak.years_filling import (
    BUSIEST_GUILD,
    BUSIEST_PERSON,
    DAY_SECONDS,
    FIRST_MESSAGE,
    FIRST_PERSON,
    MOST_STARS_PERSON,
    Amounts,
    fill,
    make_tables,
)

_SORRY = Sentence("x")
NOW = 1_890_000_000.0
LIMITS = Limits(
    daily_seconds=1e9, waiting_per_user=1000, waiting_per_guild=1000, waiting=1000,
    guild_daily_seconds=1e9, cooldown_seconds=1e-9,
)  # fmt: skip
WRITES_PAUSE_SECONDS = 0.02
KEEP_DAYS = 3650
MOST_HELD_MS = 20.0


class TimedLock(asyncio.Lock):
    """The writer's lock, which records how long it was held, in milliseconds."""

    def __init__(self, thread_id: int) -> None:
        """Take the thread of the writer's connection."""
        super().__init__()
        self.held_ms: list[float] = []
        self.worked_ms: list[float] = []
        """Processor time of the writer's thread, which is comparable on a busy machine."""
        self._times = Path(f"/proc/self/task/{thread_id}/schedstat")
        self._since = self._worked_before = 0.0

    def _worked(self) -> float:
        return int(self._times.read_text().split()[0]) / 1e6

    async def acquire(self) -> bool:  # type: ignore[override]
        """Wait for the writer."""
        await super().acquire()
        self._since, self._worked_before = time.perf_counter(), self._worked()
        return True

    def release(self) -> None:
        """Give the writer back."""
        self.held_ms.append(1000 * (time.perf_counter() - self._since))
        self.worked_ms.append(self._worked() - self._worked_before)
        super().release()


@dataclass
class Timing:
    """The measurements of one query."""

    name: str
    limit_ms: float | None
    times_ms: list[float] = field(default_factory=list)
    processor_ms: float = 0.0
    """Of the whole process, per query."""
    held_ms: list[float] = field(default_factory=list)
    held_worked_ms: float = 0.0
    lag_ms: float = 0.0

    def line(self) -> str:
        """Return the figures as a row."""
        times, held = sorted(self.times_ms), sorted(self.held_ms)
        limit = "" if self.limit_ms is None else f"{self.limit_ms:.0f}"
        late = self.limit_ms is not None and share_of(times, 0.99) > self.limit_ms
        return (
            f"{self.name:34} {len(times):5} {statistics.median(times):9.1f} "
            f"{share_of(times, 0.99):9.1f} {limit:>6} {self.processor_ms:9.1f} "
            f"{share_of(held, 0.99) if held else 0:8.1f} {max(held, default=0):8.1f} "
            f"{self.held_worked_ms:9.1f} {self.lag_ms:7.1f}{'  LATE' if late else ''}"
        )


HEADER = (
    f"{'':34} {'times':>5} {'median ms':>9} {'p99 ms':>9} {'limit':>6} {'proc ms':>9} "
    f"{'held p99':>8} {'held max':>8} {'held proc':>9} {'lag ms':>7}"
)


def share_of(times: list[float], share: float) -> float:
    """Return the quantile of times: `share` of them are at most as long."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


class BusyStore:
    """A store with a writer that is busy all the time."""

    def __init__(self, store: Store) -> None:
        self.store = store
        database = store.jobs._database
        thread_id = database._writer._thread.native_id
        assert thread_id is not None
        self.lock = database._lock = TimedLock(thread_id)
        self._keys = itertools.count()
        self._lags: list[float] = []

    def order(self, person: int) -> Order:
        """Return a new order of a person."""
        place = RequestOrigin(user_id=person, channel_id=5, guild_id=BUSIEST_GUILD)
        key = f"now{next(self._keys)}/0"
        return Order(key=key, origin=place, kind=Kind.MUSIC, seconds=5.0, seed=3, prompt="rock")

    async def write(self) -> None:
        """Process jobs from order to delivery, until cancelled."""
        for number in itertools.count():
            order = self.order(FIRST_PERSON + 10 + number % 5000)
            job = await self.store.jobs.accept(order, LIMITS, MessageHandle())
            await self.store.jobs.start(job.id)
            clip = NewClip(
                job_id=job.id, origin=order.origin, kind=order.kind, prompt="rock", seconds=5.0,
                seconds_before=0.0, seed=3, sampling=order.sampling, model="starter",
                file=f"now{job.id}.flac", parent_ids=(), made_in_seconds=1.0,
            )  # fmt: skip
            made = await self.store.jobs.record_clip(job.id, clip)
            await self.store.jobs.begin_delivery(job.id)
            await self.store.jobs.finish_delivery(job.id, 2 * FIRST_MESSAGE + job.id)
            await self.store.clips.set_message(made.id, 2 * FIRST_MESSAGE + job.id)
            await asyncio.sleep(WRITES_PAUSE_SECONDS)

    async def watch(self) -> None:
        """Measure how late the event loop is, until cancelled."""
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.005)
            self._lags.append(1000 * (time.perf_counter() - begun - 0.005))

    async def measure(
        self,
        name: str,
        ask: Callable[[int], Awaitable[object]],
        *,
        limit_ms: float | None = None,
        times: int = 200,
    ) -> Timing:
        """Run a query so many times, with the number of the try, and print its measurements."""
        self.lock.held_ms.clear()
        self.lock.worked_ms.clear()
        self._lags.clear()
        timing = Timing(name, limit_ms)
        processor = time.process_time()
        for number in range(times):
            begun = time.perf_counter()
            await ask(number)
            timing.times_ms.append(1000 * (time.perf_counter() - begun))
            await asyncio.sleep(0)
        timing.processor_ms = 1000 * (time.process_time() - processor) / times
        timing.held_ms = list(self.lock.held_ms)
        timing.held_worked_ms = max(self.lock.worked_ms, default=0.0)
        timing.lag_ms = max(self._lags, default=0.0)
        print(timing.line(), flush=True)
        return timing


@asynccontextmanager
async def busy(store: Store) -> AsyncIterator[BusyStore]:
    """Open a store that others are using at the same time."""
    busy_store = BusyStore(store)
    tasks = [asyncio.create_task(work()) for work in (busy_store.write, busy_store.watch)]
    try:
        yield busy_store
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def measure(folder: Path, amounts: Amounts) -> None:
    """Run all queries on the database in a folder."""
    begun, processor = time.perf_counter(), time.process_time()
    async with open_store(folder, lambda: NOW) as store:
        await store.jobs.unfinished()
        print(
            f"start: {1000 * (time.perf_counter() - begun):.0f} ms, "
            f"processor {1000 * (time.process_time() - processor):.0f} ms (limit 3000)"
        )
        print(HEADER)
        async with busy(store) as busy_store:
            await _ask_quick(busy_store, amounts)
            await _ask_slow(busy_store)
        begun = time.perf_counter()
        wrong = await store.check()
        print(f"invariants: {time.perf_counter() - begun:.1f} s, {wrong or 'all hold'}")


async def _ask_quick(busy_store: BusyStore, amounts: Amounts) -> None:
    store = busy_store.store

    def person(number: int) -> int:
        return BUSIEST_PERSON if number % 2 else FIRST_PERSON + number * 37 % amounts.people

    async def admit(number: int) -> None:
        order = busy_store.order(person(number))
        job = await store.jobs.accept(order, LIMITS, MessageHandle())
        await store.jobs.fail(job.id, _SORRY)

    await busy_store.measure("order accepted, and failed", admit, limit_ms=100)
    await busy_store.measure(
        "order checked",
        lambda n: store.jobs.check(busy_store.order(person(n)), LIMITS),
        limit_ms=100,
    )
    await busy_store.measure("/quota", lambda n: store.ledger.quota(person(n), 600), limit_ms=100)
    sight = Sight(channel_ids=[BUSIEST_GUILD * 10 + number for number in range(4)], user_id=1)
    for words in ("", "ja", "zzz"):
        await busy_store.measure(
            f"prompts suggested for {words!r}",
            lambda n, words=words: store.clips.prompts_of(person(n), words, 25),  # type: ignore[misc]
            limit_ms=50,
        )
        await busy_store.measure(
            f"a server's clips suggested for {words!r}",
            lambda n, words=words: store.clips.of_guild(BUSIEST_GUILD, sight, 25, words),  # type: ignore[misc]
            limit_ms=50,
        )
        await busy_store.measure(
            f"own clips suggested for {words!r}",
            lambda n, words=words: store.clips.of_user(person(n), 25, words),  # type: ignore[misc]
            limit_ms=50,
        )
    for words, offset in (("", 0), ("", 10_000), ("jazz 90s", 0), ("zzz", 0)):
        about = f"{words!r}, page at {offset}"
        await busy_store.measure(
            f"/history own, {about}",
            lambda n, w=words, o=offset: store.clip_history.of_person(BUSIEST_PERSON, w, o, 11),  # type: ignore[misc]
            limit_ms=100,
        )
        await busy_store.measure(
            f"/history server, {about}",
            lambda n, w=words, o=offset: store.clip_history.of_guild(  # type: ignore[misc]
                BUSIEST_GUILD, sight, w, o, 11
            ),
            limit_ms=100,
            times=50,
        )
    await busy_store.measure(
        "/favourites", lambda n: store.clip_history.starred_by(FIRST_PERSON + n, sight, "", 0, 11),
        limit_ms=100,
    )  # fmt: skip
    nothing = Sight(channel_ids=(), user_id=1)
    await busy_store.measure(
        "/favourites, all in other places",
        lambda n: store.clip_history.starred_by(MOST_STARS_PERSON, nothing, "", 0, 11),
        limit_ms=100,
    )
    week = NOW - 7 * DAY_SECONDS
    for name, seen in (("", sight), (", all in other channels", nothing)):
        await busy_store.measure(
            f"/top{name}",
            lambda n, seen=seen: store.stars.top(BUSIEST_GUILD, seen, 10),  # type: ignore[misc]
            limit_ms=200,
        )
        await busy_store.measure(
            f"/top of a week{name}",
            lambda n, seen=seen: store.stars.top_since(BUSIEST_GUILD, seen, week, 10),  # type: ignore[misc]
            limit_ms=200,
        )
    await busy_store.measure("/tree", lambda n: store.clips.lineage(1 + n * 997, 100), limit_ms=100)
    await busy_store.measure(
        "a clip by its message", lambda n: store.clips.by_message(FIRST_MESSAGE + n * 991)
    )
    await busy_store.measure("ladder", lambda n: store.battles.ladder(BUSIEST_GUILD), limit_ms=100)
    await busy_store.measure("metrics and /admin status", lambda n: store.totals(), limit_ms=100)


async def _ask_slow(busy_store: BusyStore) -> None:
    store = busy_store.store

    async def export(number: int) -> None:
        async for _ in store.privacy.export(BUSIEST_PERSON):
            pass

    await busy_store.measure("own data of 20,000 clips", export, times=3)
    await busy_store.measure("sweep, little to do", lambda n: sweep(store, KEEP_DAYS, NOW), times=5)
    first = NOW - 3 * 365 * DAY_SECONDS
    for number in range(3):
        now = first + (KEEP_DAYS + number * 3) * DAY_SECONDS
        await busy_store.measure(
            "sweep, clips of three days", lambda n, now=now: sweep(store, KEEP_DAYS, now), times=1  # type: ignore[misc]
        )  # fmt: skip
    await busy_store.measure("log emptied", lambda n: store.privacy.scrub(), times=20)

    async def back_up(number: int) -> None:
        await asyncio.to_thread(rotate, store.folder, 1, NOW + number * DAY_SECONDS)

    await busy_store.measure("backup", back_up, times=2)
    await busy_store.measure(
        "forget a person with 20,000 clips", lambda n: store.privacy.forget(BUSIEST_PERSON), times=1
    )


async def prepare(folder: Path, amounts: Amounts, seed: int, version: int | None) -> None:
    """Create and fill the database in a folder, unless there is one."""
    if (folder / FILE).exists():
        return
    if version is None:
        async with open_store(folder, lambda: NOW):
            pass
    else:
        make_tables(folder, version)
    begun = time.perf_counter()
    fill(folder, amounts, seed, NOW)
    megabytes = (folder / FILE).stat().st_size / 2**20
    print(f"filled in {time.perf_counter() - begun:.0f} s: {megabytes:.0f} MB")


async def run(folder: Path, amounts: Amounts, seed: int, version: int | None) -> None:
    """Prepare the database and measure."""
    await prepare(folder, amounts, seed, version)
    await measure(folder, amounts)


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.years", description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the database is kept")
    parser.add_argument("--seed", type=int, default=1, help="what is in it (%(default)s)")
    for each in dataclasses.fields(Amounts):
        parser.add_argument(f"--{each.name}", type=int, default=each.default)
    parser.add_argument(
        "--version", type=int, help="as a bot with so many migrations left it; the start runs more"
    )
    args = parser.parse_args(arguments)
    amounts = Amounts(*(getattr(args, each.name) for each in dataclasses.fields(Amounts)))
    logging.basicConfig(format="%(name)s %(message)s", level=logging.INFO)
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(run(args.folder or Path(scratch), amounts, args.seed, args.version))


if __name__ == "__main__":
    main()
