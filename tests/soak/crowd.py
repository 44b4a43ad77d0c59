"""The simulated users that keep the bot busy through a simulated Discord, and the bot process."""

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
from tests.soak.group_actions import add_places, prepare
from tests.soak.group_audit import UNSETTLED
from tests.soak.people import Person, some_sounds
from tests.soak.reconciliation import QUIET_SECONDS, asked, quiet
from tests.soak.tally import Tally
from tests.support.discord_wire.bot_process import BotProcess
from tests.support.discord_wire.server import Wire, open_wire
from tests.support.free_port import free_port
from tests.support.joined_machine import lent

LATER_SECONDS = 2 * 86_400.0
"""How far the clock is put forward at the end, after which everything scheduled is due."""


@dataclass
class Crowd:
    """The simulated users with the bot and the joined machines."""

    wire: Wire
    bot: BotProcess
    data: Path
    """The bot's folder."""
    tally: Tally
    people: list[Person]
    machines: list[psutil.Process] = field(default_factory=list)
    """Machines that have joined: the leaders of their processes."""
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    acting: list[asyncio.Task[None]] = field(default_factory=list)

    async def begin(self):
        """Start all users; they act until `calm`."""
        await prepare(self.wire)
        self.acting = [asyncio.create_task(each.act_until(self.stop)) for each in self.people]

    async def calm(self):
        """Let all users finish their current action, and stop."""
        self.stop.set()
        await asyncio.gather(*self.acting)

    async def settle(self):
        """Wait for all work to end, through one more kill and a jump of the clock.

        Return what is left. Battles are closed and voted on, prompts are posted, cards of jams are
        brought up to date.
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
        """Stop the bot with SIGTERM, and wait for all of its log."""
        await self.bot.end(signal.SIGTERM)
        await asyncio.gather(*self.bot.logs)


@asynccontextmanager
async def open_crowd(folder, *, people, channels, seed, pause_seconds, joined=0, local=1):
    """Open a simulated Discord with users and a bot; users pause `pause_seconds` on average.

    `joined` machines join the bot's cluster, and the bot has `local` workers.
    """
    data, tally = folder / "data", Tally()
    data.mkdir(parents=True)
    sounds = await asyncio.to_thread(some_sounds)
    # Discord's clock is not the bot's.
    async with AsyncExitStack() as stack:
        wire = await stack.enter_async_context(open_wire())
        # Rate limits are not under test: one bot's token gets the whole limit.
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
            # After a failure, nothing goes on, and nothing waits for what never ends.
            for task in together.acting:
                task.cancel()
            if bot.process is not None and bot.exit_code is None:
                await bot.end(signal.SIGKILL)
