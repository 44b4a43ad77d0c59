"""The real bot on a simulated Discord over HTTP, with store and worker process.

async with open_stage(folder, people=50) as stage:
    answers = await asyncio.gather(
        *(stage.wire.slash(person, stage.channel, "music", prompt="rock")
          for person in stage.people)
    )
    print(sorted(answer.seconds for answer in answers))
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import discord

from bot.app.client import ZhiyinBot, run_bot
from bot.app.discord_address import point_discord_at
from bot.app.health import Health
from bot.app.wiring import open_pipeline
from bot.config import Config
from bot.demo.discord.channels import Channel
from bot.demo.discord.people import Person
from tests.support.discord_wire.server import (
    PATIENCE_SECONDS,
    TOKEN,
    Wire,
    open_wire,
)
from tests.support.drawn_seeds import DrawnSeeds
from tests.support.forked_worker import ForkedBackend
from tests.support.new_database import lay_down
from tests.support.simulated_server import SCRIPTED, Clock
from tests.support.starter_contents import starter_contents


def shorten_pauses(monkeypatch):
    """Shorten discord.py's pauses after an error from seconds to hundredths.

    Waits that Discord asks for, in fractions of a second, stay the same.
    """

    async def sleep(seconds):
        await asyncio.sleep(seconds / 100 if isinstance(seconds, int) else seconds)

    hurried = SimpleNamespace(**vars(asyncio) | {"sleep": sleep})
    for module in (discord.http, discord.webhook.async_):
        monkeypatch.setattr(module, "asyncio", hurried)


@dataclass
class Stage:
    """The real bot, connected to a simulated Discord, with people in a channel."""

    wire: Wire
    bot: ZhiyinBot
    clock: Clock
    channel: Channel
    people: list[Person]
    connection: asyncio.Task[None]
    stop: asyncio.Event

    @property
    def store(self):
        return self.bot.pipeline.store

    @property
    def alice(self):
        return self.people[0]

    @property
    def bob(self):
        return self.people[1]

    async def music(self, who=None, **options):
        """Order a short clip; return the interaction, acknowledged."""
        asked = {"prompt": "90s rock", "seconds": 1.0} | options
        return await self.wire.slash(who or self.alice, self.channel, "music", **asked)

    async def wait_for_queue(self, number):
        """Wait until so many jobs are in flight."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(await self.store.jobs.unfinished()) < number:
                await asyncio.sleep(0.01)

    async def final_job(self, job_id=1):
        """Wait until a job is final, and return it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (job := await self.store.jobs.get(job_id)) is None or not job.state.is_final:
                assert not self.connection.done(), "the bot is gone"
                await asyncio.sleep(0.01)
            # With its last messages.
            await self.bot.pipeline.idle()
        return job

    async def used(self, who=None):
        """Return the seconds of music that somebody has paid for today, including reserved ones."""
        return (await self.store.ledger.quota((who or self.alice).id, 600)).used_seconds


@asynccontextmanager
async def open_stage(
    folder: Path,
    *,
    config=None,
    people=2,
    engine=SCRIPTED,
    prepare=None,
    timings=None,
    answer_seconds=5.0,
    through=None,
    vocabulary=None,
):
    """Open a simulated Discord and connect the bot, on a folder as in `simulated_server`.

    `through` opens a proxy before it; `prepare` is called with it before the bot connects.
    """
    config, clock = config or Config(), Clock()
    async with AsyncExitStack() as stack:
        wire = await stack.enter_async_context(open_wire(clock))
        proxy = None
        if through is not None:
            proxy, _ = await stack.enter_async_context(through(wire))
        stack.enter_context(point_discord_at(wire.base))
        channel = wire.channel("music")
        members = [wire.person(f"person {number}") for number in range(people)]
        if prepare is not None:
            prepare(wire)
        contents = starter_contents()
        lay_down(folder)
        pipeline = await stack.enter_async_context(
            open_pipeline(
                config,
                contents,
                folder=folder,
                clock=clock,
                backend=ForkedBackend(config, engine=engine),
                timings=timings,
            )
        )
        bot = ZhiyinBot(
            config,
            pipeline,
            Health(),
            sampling=contents.sampling,
            licence="Apache-2.0",
            proxy=proxy,
            clock=clock,
            draw_seed=DrawnSeeds(),
            vocabulary=vocabulary,
        )
        stop = asyncio.Event()
        connection = asyncio.create_task(
            run_bot(bot, TOKEN, stop, answer_seconds=answer_seconds), name="the bot"
        )
        stage = Stage(wire, bot, clock, channel, members, connection, stop)
        try:
            # An identified session gets all later events in order.
            await wire.until(lambda: connection.done() or wire.gateway.session is not None)
            yield stage
        finally:
            stop.set()
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.gather(connection, return_exceptions=True)
