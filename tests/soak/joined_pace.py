"""The speedup of a second machine: `python -m tests.soak.joined_pace`.

Many people order a clip each at the same moment through a simulated Discord. They are served by the
built-in model on the bot's core, and then by it and a joined machine, which is another core of
this one; both several times in turn. Times are from the first order to the last clip. Bot, worker
and Discord share the first core in both cases.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil

from bot.demo.discord.rate_limits import Limit
from bot.inference.ray.cluster import Cluster, bot_token
from bot.inference.worker_process import ENGINE
from tests.support.discord_wire.bot_process import BotProcess
from tests.support.discord_wire.server import open_wire
from tests.support.free_port import free_port
from tests.support.joined_machine import lent

WORDS = ("90s rock", "lo-fi with piano", "techno", "slow jazz", "funk", "ambient")
TURN_WAIT_SECONDS = 600.0


@dataclass(frozen=True)
class Served:
    """When clips were delivered, in seconds from the first order."""

    first: float
    median: float
    last: float
    busy: float
    """Processor time used meanwhile on the busier core, in seconds."""


async def serve(people, seconds, folder, *, joined):
    """Serve everybody one clip, with or without a joined machine."""
    data = folder / "data"
    data.mkdir(parents=True)
    async with open_wire() as wire:
        wire.buckets.whole = Limit(500, 1.0)
        port = free_port()
        backend = "ray" if joined else "process"
        bot = BotProcess(wire, data, ENGINE, backend=backend, ray_port=port)
        with ExitStack() as stack:
            await bot.start()
            try:
                async with asyncio.timeout(TURN_WAIT_SECONDS):
                    await bot.ready.wait()
                    cores = [psutil.Process(bot.process.pid)]
                    if joined:
                        bot.ready.clear()
                        cluster = Cluster(address=f"127.0.0.1:{port}", token=bot_token(data, {}))
                        cores.append(stack.enter_context(lent(cluster, cores={1})))
                        await bot.ready.wait()
                    return await _timed(wire, people, seconds, cores)
            finally:
                await bot.end(signal.SIGTERM)
                await asyncio.gather(*bot.logs)


def _spent(leader):
    """Return the processor time of a process and all its children."""
    times = [each.cpu_times() for each in (leader, *leader.children(recursive=True))]
    return sum(each.user + each.system for each in times)


async def _timed(wire, people, seconds, cores):
    channel = wire.channel("music")
    everybody = [wire.person(f"p{number}") for number in range(people)]
    before = [_spent(each) for each in cores]
    begun = time.perf_counter()
    times: list[float] = []
    for number, person in enumerate(everybody):
        words = f"{WORDS[number % len(WORDS)]}, take {number}"
        await wire.send_slash(person, channel, "music", prompt=words, seconds=seconds)
    while len(times) < people:
        await asyncio.sleep(0.02)
        times += [time.perf_counter() - begun] * (len(wire.with_clips()) - len(times))
    busy = max(_spent(each) - spent for each, spent in zip(cores, before, strict=True))
    return Served(times[0], statistics.median(times), times[-1], busy)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.soak.joined_pace", description=__doc__)
    parser.add_argument("--people", type=int, default=16, help="how many (%(default)s)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of a clip (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of either (%(default)s)")
    args = parser.parse_args(arguments)
    os.sched_setaffinity(0, {0})
    found: dict[bool, list[Served]] = {False: [], True: []}
    for number in range(2 * args.rounds):
        joined = number % 2 == 1
        with tempfile.TemporaryDirectory() as scratch:
            serving = serve(args.people, args.seconds, Path(scratch), joined=joined)
            found[joined].append(asyncio.run(serving))
        one = found[joined][-1]
        who = "with a joined machine" if joined else "alone"
        print(
            f"{who}: first {one.first:.1f} s, median {one.median:.1f}, last {one.last:.1f}; "
            f"{one.busy:.1f} s of processor time on the busier core"
        )
    alone, together = (statistics.median(each.last for each in found[key]) for key in found)
    print(
        f"{args.people} people, {args.seconds:g} s each: {alone:.1f} s alone, {together:.1f} s "
        f"with a second machine, {alone / together:.2f} times as fast (medians)"
    )


if __name__ == "__main__":
    main()
