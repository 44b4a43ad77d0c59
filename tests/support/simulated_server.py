"""A simulated server for tests: the real bot, store and worker process on a simulated Discord.

Only Discord is simulated, by SimCord, which is made as strict as the real one; the worker's engine
does what the prompt says.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import simcord
import simcord.interactions
from simcord.backend.errors import unknown_interaction
from simcord.backend.models import Interaction

from bot.app.client import COGS, ZhiyinBot
from bot.app.health import Health
from bot.app.wiring import open_pipeline
from bot.config import Config, GenerationConfig, LimitsConfig
from bot.domain.jobs import USUAL_MAX_BYTES, JobState
from bot.pipeline.timings import Timings
from tests.support.drawn_seeds import DrawnSeeds
from tests.support.event_loop_watch import watched
from tests.support.forked_worker import ForkedBackend
from tests.support.new_database import lay_down
from tests.support.starter_contents import starter_contents

ACK_SECONDS, BEAT_SECONDS = 3.0, 0.01
PATIENCE_SECONDS = 60.0
NEVER_SECONDS = 86_400.0
SCRIPTED = "tests.support.scripted_worker:open_engine"

SHORT = GenerationConfig(default_seconds=2.0)
"""A short default length of clips, as packing takes longer for longer ones."""


DAY_SECONDS, EVENING_SECONDS = 86_400, 3 * 3600


class Clock:
    """A clock that only a test advances.

    It starts now, or three hours ago in the last three of a day: quotas would start anew while a
    test lets minutes pass.
    """

    def __init__(self):
        now = time.time()
        is_late = now % DAY_SECONDS > DAY_SECONDS - EVENING_SECONDS
        self.now = now - EVENING_SECONDS if is_late else now

    def __call__(self):
        return self.now


class OwnedBot(ZhiyinBot):
    """The bot, as SimCord waits for it: for the listeners of every event, whoever dispatches it.

    By itself it waits for those of events that it sends, not for those of a test or the pipeline.
    """

    env: Any = None

    def dispatch(self, event_name, /, *args, **kwargs):
        """Dispatch an event to listeners that `SimulatedServer.idle` waits for."""
        with nullcontext() if self.env is None else self.env._bot_scope():
            super().dispatch(event_name, *args, **kwargs)


@dataclass
class SimulatedServer:
    """A server with a channel, two people and the bot."""

    env: Any
    bot: OwnedBot
    clock: Clock
    folder: Path
    stack: AsyncExitStack
    config: Config
    guild: Any
    channel: Any
    owner: Any
    alice: Any
    bob: Any

    @property
    def pipeline(self):
        return self.bot.pipeline

    @property
    def store(self):
        return self.bot.pipeline.store

    async def music(self, who=None, **options):
        """Order music, wait for the clip, and return its message."""
        result = await (who or self.alice).slash(
            self.channel, "music", **({"prompt": "90s rock"} | options)
        )
        await self.idle()
        return result

    async def press(self, message, label, who=None):
        """Press a button and wait for the result."""
        result = await (who or self.alice).click(message, label=label)
        await self.idle()
        return result

    async def delete(self, message, who=None):
        """Press *Delete*, answer the question, and wait for the result."""
        asked = await self.press(message, "Delete", who)
        return await self.press(asked.response, "Delete", who)

    async def newest_clip(self, who=None):
        return (await self.store.clips.of_user((who or self.alice).id, 1))[0]

    async def used(self, who=None):
        """Return the seconds that somebody has paid for today."""
        return (await self.store.ledger.quota((who or self.alice).id, 600)).used_seconds

    async def state(self, job_id=1):
        return (await self.store.jobs.get(job_id)).state

    async def idle(self):
        await self.pipeline.idle()
        await self.env.settle()

    async def restart_bot(self):
        """Replace the bot, as after a restart, around the same pipeline."""
        pipeline = self.pipeline
        await self._attach(pipeline)

    async def stop_pipeline(self):
        """End worker and store, as a stop of the program does."""
        await self.stack.aclose()

    @asynccontextmanager
    async def restart(self, engine=SCRIPTED):
        """Start again with the same folder and the same Discord."""
        contents = starter_contents()
        async with open_pipeline(
            self.config,
            contents,
            folder=self.folder,
            clock=self.clock,
            backend=ForkedBackend(self.config, engine=engine),
        ) as pipeline:
            await self._attach(pipeline)
            yield self

    async def _attach(self, pipeline):
        self.bot = new_bot(self.config, pipeline, self.clock)
        await self.env.restart_bot(self.bot)
        self.bot.env = self.env
        pipeline.start(self.bot.presenter)

    def newest(self, count):
        """Return the last messages in the channel, oldest first."""
        return self.messages()[-count:]

    def messages(self):
        """Return all messages in the channel, oldest first."""
        stored = self.env.backend.messages.get(self.channel.id, {})
        return [stored[id_] for id_ in sorted(stored)]


def limited(**limits):
    return replace(Config(), limits=LimitsConfig(**limits))


@asynccontextmanager
async def open_server(
    folder, *, config=None, clock=None, engine=SCRIPTED, languages=None, timings=None, **options
):
    """Open a server in a folder that may have the files of an earlier one.

    Failed work that is due is only retried when the test says so.
    """
    config = replace(config or Config(), generation=SHORT)
    timings = replace(timings or Timings(), retry_due_seconds=NEVER_SECONDS)
    clock = clock or Clock()
    contents = starter_contents()
    lay_down(folder)
    async with AsyncExitStack() as stack:
        pipeline = await stack.enter_async_context(
            open_pipeline(
                config,
                contents,
                folder=folder,
                clock=clock,
                backend=ForkedBackend(config, engine=engine),
                timings=timings,
                **options,
            )
        )
        bot = new_bot(config, pipeline, clock, languages)
        # They are imported once in a process, at its start: the watch is over a running bot.
        for name in COGS:
            importlib.import_module(name)
        slow_callbacks = stack.enter_context(watched())
        async with simcord.run(
            bot, check_errors=False, settle_timeout=PATIENCE_SECONDS, shard_count=1
        ) as env:
            bot.env = env
            pipeline.start(bot.presenter)
            chief = env.create_user("chief")
            guild = env.create_guild("The server", owner=chief)
            owner = guild.add_member(chief)
            channel = guild.create_text_channel("music")
            alice, bob = (guild.add_member(env.create_user(name)) for name in ("alice", "bob"))
            server = SimulatedServer(
                env, bot, clock, folder, stack, config, guild, channel, owner, alice, bob
            )
            yield server
            await server.idle()
            check_answers(env)
        assert slow_callbacks == [], slow_callbacks


def new_bot(config, pipeline, clock, languages=None):
    sampling = starter_contents().sampling
    # Attachments of a simulated Discord exist only there.
    bot = OwnedBot(
        config,
        pipeline,
        Health(),
        sampling=sampling,
        licence="Apache-2.0",
        clock=clock,
        draw_seed=DrawnSeeds(),
        fetch=lambda url, max_bytes: bot.http.get_from_cdn(url),
        languages=languages,
    )
    return bot


def check_answers(env):
    """Check that every interaction was answered, and that Discord would accept every message."""
    backend = env.backend
    assert all(each.responded for each in backend.interactions.values()), "a command never answered"
    for channel in backend.messages.values():
        for message in channel.values():
            assert len(message.attachments) <= 10
            assert all(file["size"] <= USUAL_MAX_BYTES for file in message.attachments)


def strict(monkeypatch):
    """Make SimCord refuse late answers as Discord does, and send what Discord sends.

    The three seconds are counted in turns of the event loop, which a busy machine makes fewer of:
    only what the bot waits for takes them up. What blocks the loop is found by `watched`.
    """
    beats: dict[int, int] = {}

    def beat(record):
        beats[id(record)] += 1
        if not record.responded and beats[id(record)] * BEAT_SECONDS < ACK_SECONDS:
            asyncio.get_running_loop().call_later(BEAT_SECONDS, beat, record)

    payload_of = simcord.interactions.base_payload

    def base_payload(backend, *, user_id, guild_id, **rest):
        record, payload = payload_of(backend, user_id=user_id, guild_id=guild_id, **rest)
        payload["attachment_size_limit"] = USUAL_MAX_BYTES
        payload["authorizing_integration_owners"] = {"0": str(guild_id or 0)}
        beats[id(record)] = -1
        beat(record)
        return record, payload

    monkeypatch.setattr(simcord.interactions, "base_payload", base_payload)
    for name in ("respond_with_message", "defer", "defer_update", "update_source", "show_modal"):
        answer = getattr(Interaction, name)

        def in_time(record, *args, answer=answer, **options):
            if beats[id(record)] * BEAT_SECONDS >= ACK_SECONDS:
                raise unknown_interaction()
            return answer(record, *args, **options)

        monkeypatch.setattr(Interaction, name, in_time)


async def hold_clip(server, order=None):
    """Refuse all requests while a clip is generated, and then accept them again.

    `order` asks for the clip, in place of a command of Alice's.
    """
    server.pipeline.executor.paused = True  # not before requests are refused
    if order is None:
        await server.alice.slash(server.channel, "music", prompt="90s rock", seconds=1.0)
    else:
        await order()
    server.env.inject_error("PATCH", "/webhooks/*", status=403, code=50001, times=None)
    server.env.inject_error("POST", "/channels/*/messages", status=403, code=50007, times=None)
    server.pipeline.executor.paused = False
    await server.idle()
    assert await server.state(1) is JobState.HELD
    # However often progress was shown.
    server.env.backend.faults.clear()


def custom_ids(modal):
    """Return the custom ids of a form's fields."""
    return [row.get("component", row)["custom_id"] for row in modal["components"]]
