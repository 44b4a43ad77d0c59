"""What a soak counts during its run, and the table made from it."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import psutil

EVERY_SECONDS = 1.0
WARM_SECONDS = 60.0
"""Memory that a bot takes in its first minute does not count as growth."""


@dataclass(frozen=True)
class Sample:
    """The bot's memory at a moment of one of its runs."""

    life: int
    at_seconds: float
    mb: float


@dataclass
class Tally:
    """The counts of a soak."""

    faults: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    """What people did."""
    back_seconds: list[float] = field(default_factory=list)
    """From the start of a bot to when it receives events."""
    worker_seconds: list[float] = field(default_factory=list)
    """From the kill of a worker to when the next one is ready."""
    memory: list[Sample] = field(default_factory=list)

    async def weigh(self, bot):
        """Record the bot's memory until cancelled."""
        while True:
            life = len(self.back_seconds)
            try:
                rss = psutil.Process(bot.process.pid).memory_info().rss
            except psutil.NoSuchProcess:
                rss = 0
            if rss:  # a zombie process has no memory
                self.memory.append(Sample(life, time.monotonic(), rss / 2**20))
            await asyncio.sleep(EVERY_SECONDS)


def quarters(samples):
    """Return the memory at the beginning, at each quarter of the time, and at the end."""
    begun, ended = samples[0].at_seconds, samples[-1].at_seconds
    points = [begun + (ended - begun) * share / 4 for share in range(5)]
    return [min(samples, key=lambda each: abs(each.at_seconds - at)).mb for at in points]


def slope_mb_per_hour(samples, warm_seconds=WARM_SECONDS):
    """Return how fast memory grows within the bot's runs, by least squares.

    None if no run was long enough. All runs share one slope, and each has another level, so that
    restarts do not count.
    """
    lives = defaultdict(list)
    for each in samples:
        lives[each.life].append(each)
    upper = lower = 0.0
    for life in lives.values():
        warm = [each for each in life if each.at_seconds - life[0].at_seconds >= warm_seconds]
        if len(warm) < 2:
            continue
        middle = statistics.fmean(each.at_seconds for each in warm)
        level = statistics.fmean(each.mb for each in warm)
        upper += sum((each.at_seconds - middle) * (each.mb - level) for each in warm)
        lower += sum((each.at_seconds - middle) ** 2 for each in warm)
    return 3600 * upper / lower if lower else None


def table(tally, rows, line):
    """Return the table: the results, the faults, and how the bot handled them."""
    rows = {
        **rows,
        "longest wait in line, within a life of the bot": f"{line.longest_seconds:.1f} s",
        "the most that one other was given before somebody's next clip": (
            f"{line.given_seconds:g} s, promised: less than {line.promised_seconds:g} s"
        ),
    }
    for name, count in [*sorted(tally.actions.items()), *sorted(tally.faults.items())]:
        rows[name] = f"{count} x"
    for name, values in (
        ("from the bot's start to hearing people", tally.back_seconds),
        ("from a worker's kill to the next one ready", tally.worker_seconds),
    ):
        if values:
            rows[name] = f"median {statistics.median(values):.1f} s, worst {max(values):.1f} s"
    if tally.memory:
        at = ", ".join(f"{mb:.0f}" for mb in quarters(tally.memory))
        most = max(each.mb for each in tally.memory)
        rows["memory of the bot at each quarter, MB"] = f"{at}; at most {most:.0f}"
        slope = slope_mb_per_hour(tally.memory)
        rows["growth of it after a life's first minute"] = (
            "no life was long enough" if slope is None else f"{slope:+.0f} MB an hour"
        )
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join(["| what | |", "| --- | ---: |", *lines])
