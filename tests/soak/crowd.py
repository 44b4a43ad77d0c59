"""People on a Discord at the wire who keep the bot busy, and the bot, as a process."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bot.demo.discord.rate_limits import Limit
from bot.inference.ray.cluster import Cluster, bot_token
from tests.soak.people import Person, some_sounds
from tests.soak.reconciliation import QUIET_SECONDS, asked, quiet
from tests.soak.room_audit import UNSETTLED
from tests.soak.room_deeds import add_places, prepare
from tests.soak.tally import Tally
from tests.support.discord_wire.bot_process import BotProcess
from tests.support.discord_wire.server import Wire, open_wire
from tests.support.free_port import free_port
from tests.support.joined_machine import lent

LATER_SECONDS = 2 * 86_400.0
"""By how much the clock is put forward in the end: all times that were set are over then."""


@dataclass
class Crowd:
    """The people, what they are on, and what they keep busy."""

    wire: Wire
    bot: BotProcess
    data: Path
    """The bot's folder."""
    tally: Tally
    people: list[Person]
    machines: list[psutil.Process] = field(default_factory=list)
    """Those that have joined: the leaders of their processes."""
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    acting: list[asyncio.Task[None]] = field(default_factory=list)

    async def begin(self):
        """Let everybody act until they are told to stop."""
        await prepare(self.wire)
        self.acting = [asyncio.create_task(each.act_until(self.stop)) for each in self.people]

    async def calm(self):
        """Let everybody end what they are at."""
        self.stop.set()
        await asyncio.gather(*self.acting)

    async def settle(self):
        """Let all come to its end, over a last kill and a jump of the clock; return what did not.

        Battles are closed and voted on, prompts are posted, jams show how far they are.
        """
        left = await quiet(self.data)
        await self.bot.end(signal.SIGKILL)
        (self.data / "skew").write_text(str(LATER_SECONDS))
        await self.bot.start()
        until = time.monotonic() + QUIET_SECONDS
        while asked(self.data, UNSETTLED) and time.monotonic() < until:
            await asyncio.sleep(0.2)
        return left or await quiet(self.data)

    async def stop_bot(self):
        """Stop the bot as its owner does, and wait for all of its log."""
        await self.bot.end(signal.SIGTERM)
        await asyncio.gather(*self.bot.logs)


@asynccontextmanager
async def open_crowd(folder, *, people, channels, seed, pause_seconds, joined=0, local=1):
    """Bring so many people together; each pauses so long on average between two deeds.

    So many machines join, and the bot has so many workers of its own.
    """
    data, tally = folder / "data", Tally()
    data.mkdir(parents=True)
    sounds = await asyncio.to_thread(some_sounds)
    # Discord has a clock of its own.
    async with AsyncExitStack() as stack:
        wire = await stack.enter_async_context(open_wire())
        # Not a test of Discord's patience: the whole limit is for a single bot's token.
        wire.buckets.whole = Limit(500, 1.0)
        places = [wire.channel(f"music-{number}") for number in range(channels)]
        add_places(wire)
        crowd = [
            Person(
                wire, f"p{n}", places[n % channels], random.Random(seed + n), pause_seconds,
                sounds, tally,
            )
            for n in range(people)
        ]  # fmt: skip
        workers = {"count": local, "backend": "ray" if joined else "process"}
        port = free_port()
        bot = BotProcess(wire, data, ray_port=port, **workers)
        together = Crowd(wire, bot, data, tally, crowd)
        if joined:
            cluster = Cluster(address=f"127.0.0.1:{port}", token=bot_token(data, {}))
            together.machines += [stack.enter_context(lent(cluster)) for _ in range(joined)]
        try:
            yield together
        finally:
            # Whatever has failed: nobody goes on, and nothing is waited for that nobody ends.
            for task in together.acting:
                task.cancel()
            if bot.process is not None and bot.process.exitcode is None:
                await bot.end(signal.SIGKILL)
