"""How much sooner people are served with a second machine: `python -m tests.soak.joined_pace`.

So many people at a Discord at the wire ask for a clip each in the same moment, and are served by
the built-in model on the bot's own core, then by that and a machine that has joined, which has
another core of this one; both in turn, several times. Timed is from the first order to the moment
when the last clip is there. Bot, worker and Discord share the first core in either case.
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

from bot.demo.discord.rate_limits import Limit
from bot.inference.ray.cluster import Cluster, bot_token
from bot.inference.worker_process import ENGINE
from tests.support.discord_wire.bot_process import LOG, BotProcess
from tests.support.discord_wire.server import open_wire
from tests.support.free_port import free_port
from tests.support.joined_machine import lent

WORDS = ("90s rock", "lo-fi with piano", "techno", "slow jazz", "funk", "ambient")
PATIENCE_SECONDS = 600.0


@dataclass(frozen=True)
class Served:
    """When people had their clips, in seconds from the first order."""

    first: float
    median: float
    last: float


async def serve(people, seconds, folder, *, joined):
    """Serve so many people a clip each, with a machine that has joined or without."""
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
                if joined:
                    cluster = Cluster(address=f"127.0.0.1:{port}", token=bot_token(data, {}))
                    stack.enter_context(lent(cluster, cores={1}))
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while _ready(folder) < (2 if joined else 1):
                        await asyncio.sleep(0.2)
                    return await _timed(wire, people, seconds)
            finally:
                await bot.end(signal.SIGTERM)
                await asyncio.gather(*bot.logs)


def _ready(folder):
    log = folder / LOG
    return log.read_text().count("worker.ready") if log.exists() else 0


async def _timed(wire, people, seconds):
    channel = wire.channel("music")
    everybody = [wire.person(f"p{number}") for number in range(people)]
    begun = time.perf_counter()
    times: list[float] = []
    for number, person in enumerate(everybody):
        words = f"{WORDS[number % len(WORDS)]}, take {number}"
        await wire.send_slash(person, channel, "music", prompt=words, seconds=seconds)
    while len(times) < people:
        await asyncio.sleep(0.02)
        times += [time.perf_counter() - begun] * (len(wire.with_clips()) - len(times))
    return Served(times[0], statistics.median(times), times[-1])


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
        print(f"{who}: first {one.first:.1f} s, median {one.median:.1f}, last {one.last:.1f}")
    alone, together = (statistics.median(each.last for each in found[key]) for key in found)
    print(
        f"{args.people} people, {args.seconds:g} s each: {alone:.1f} s alone, {together:.1f} s "
        f"with a second machine, {alone / together:.2f} times as fast (medians)"
    )


if __name__ == "__main__":
    main()
