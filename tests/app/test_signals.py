"""Signals to the bot, its worker and its decoder, in each phase of a clip: real processes."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import asynccontextmanager, closing, suppress
from typing import Any

import psutil
import pytest
import pytest_asyncio

from bot.domain.jobs import JobState
from bot.store.store import open_store
from tests.support.discord_wire.bot_process import BotProcess
from tests.support.discord_wire.files import File
from tests.support.discord_wire.server import open_wire
from tests.support.half_made_clip import HalfMadeClip
from tests.support.leftover_processes import left_of

TERM, INT, KILL = signal.SIGTERM, signal.SIGINT, signal.SIGKILL
WAIT_SECONDS = 60.0
AT_ONCE = 3
"""So many bots live beside each other: each waits more than it works."""

# Bots of one test run while another test waits for its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def opened(place):
    """A bot on a wire with a channel and a person in it."""
    folder = place / "data"
    folder.mkdir()
    async with open_wire() as wire:
        channel, alice = wire.channel("music"), wire.person("alice")
        bot = BotProcess(wire, folder)
        await bot.start()
        try:
            yield wire, bot, channel, alice
        finally:
            await bot.finish()
    assert left_of(folder) == []


async def seen(is_so):
    """Wait until a condition holds that has no event of its own."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not is_so():
            await asyncio.sleep(0.02)


async def in_phase(phase, wire, bot, channel, alice):
    """Bring a clip into a phase; return it, to be let go if it is being made."""
    half_made = HalfMadeClip(bot.folder)
    if phase != "waiting for the worker":
        await bot.ready.wait()
    if phase == "posting":
        wire.fail("PATCH", "/webhooks/*", slow_seconds=3.0, with_files=True)
    prompt = half_made.prompt if phase == "being made" else "rock"
    asked = await wire.slash(alice, channel, "music", prompt=prompt, seconds=2.0)
    # Before it is recorded, the job is not accepted.
    await seen(lambda: accepted(bot.folder))
    if phase == "being made":
        await seen(lambda: "%" in (asked.message.content or ""))
    if phase == "posting":
        await seen(lambda: any(each.files for each in wire.requests("PATCH")))
    return half_made


def accepted(folder, *states):
    """The number of jobs in a running bot's database, of some states or all."""
    wanted = states or tuple(JobState)
    with closing(sqlite3.connect(f"file:{folder}/zhiyin.db?mode=ro", uri=True)) as connection:
        found = connection.execute("SELECT state FROM jobs").fetchall()
    return sum(JobState(state) in wanted for (state,) in found)


async def check(bot, wire, jobs=1):
    """Check that every job has one clip and is charged once, and that the ledger balances."""
    async with open_store(bot.folder, time.time) as store:
        for number in range(1, jobs + 1):
            job = await store.jobs.get(number)
            assert job is not None
            assert job.state is JobState.DELIVERED
        assert await store.check() == []
        assert await store.jobs.unfinished() == []
    assert len(wire.with_clips()) == jobs


async def a_signal_to_the_bot(place, phase, signals, code):
    """Bring a clip into a phase, let the bot end, and start it again."""
    async with opened(place) as (wire, bot, channel, alice):
        half_made = await in_phase(phase, wire, bot, channel, alice)
        ending = asyncio.create_task(bot.end(*signals))
        # The first signal is sent at once. A second one meets the drain that waits for the clip.
        await asyncio.sleep(0)
        if len(signals) == 1:
            half_made.let_go()
        found = await ending
        half_made.let_go()
        # A drain that is over before the second signal comes is no failure.
        assert found == code or (code == 1 and found == 0)
        await bot.start()
        # Posts of the earlier bot may still arrive: the database has what this one did.
        await seen(lambda: accepted(bot.folder, JobState.DELIVERED))
        await bot.finish()
        await check(bot, wire)


async def a_signal_to_the_worker(place, number):
    """End the worker while it generates a clip."""
    async with opened(place) as (wire, bot, channel, alice):
        half_made = await in_phase("being made", wire, bot, channel, alice)
        (worker,) = bot.workers
        worker.send_signal(number)
        half_made.let_go()
        await wire.until(lambda: wire.with_clips(), WAIT_SECONDS)
        await bot.finish()
        await check(bot, wire)


async def a_killed_decoder(place):
    """Kill the process that decodes an upload."""
    async with opened(place) as (wire, bot, channel, alice):
        await bot.ready.wait()
        # Ten minutes of sound take long enough to read.
        big = File("song.wav", wav_of(600.0))
        asking = asyncio.create_task(
            wire.slash(alice, channel, "music", prompt="rock", clip=big, seconds=1.0)
        )
        await seen(lambda: killed(bot.decoders))
        asked = await asking
        await wire.until(lambda: asked.followups, WAIT_SECONDS)
        assert asked.followups[-1].content
        await wire.slash(alice, channel, "music", prompt="rock", seconds=1.0)
        await wire.until(lambda: wire.with_clips(), WAIT_SECONDS)
        await bot.finish()
        await check(bot, wire)


def killed(processes):
    """Kill these processes; return how many were still running."""
    count = 0
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            each.kill()
            count += 1
    return count


def wav_of(seconds, rate_hz=8000):
    """A WAV file that is small and long."""
    data = bytes(128 for _ in range(round(seconds * rate_hz)))
    header = b"RIFF" + (36 + len(data)).to_bytes(4, "little") + b"WAVEfmt " + b"\x10\0\0\0"
    form = b"\x01\0\x01\0" + rate_hz.to_bytes(4, "little") * 2 + b"\x01\0\x08\0"
    return header + form + b"data" + len(data).to_bytes(4, "little") + data


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stories(request, tmp_path_factory):
    """The scenarios of this module's tests, by name, started here, some at a time."""
    room = asyncio.Semaphore(AT_ONCE)

    async def tell(item):
        story = STORIES[item.originalname]
        async with room:
            params = item.callspec.params if hasattr(item, "callspec") else {}
            await story(tmp_path_factory.mktemp("story"), **params)

    items = [item for item in request.session.items if item.module is request.module]
    tasks = {item.name: asyncio.create_task(tell(item), name=item.name) for item in items}
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


@pytest.mark.parametrize("phase", ["waiting for the worker", "being made", "posting"])
@pytest.mark.parametrize(
    ("signals", "code"), [((TERM,), 0), ((INT,), 0), ((TERM, TERM), 1), ((KILL,), -9)]
)
async def test_a_signal_to_the_bot_costs_no_clip(stories, request, phase, signals, code):
    """The bot ends as requested, and the next start continues its jobs."""
    await stories[request.node.name]


@pytest.mark.parametrize("number", [TERM, KILL])
async def test_a_signal_to_the_worker_costs_no_clip(stories, request, number):
    """Another worker generates it, and an attempt is spent."""
    await stories[request.node.name]


async def test_a_killed_decoder_is_reported_and_not_charged(stories, request):
    """One sentence to the person; the bot goes on."""
    await stories[request.node.name]


STORIES: dict[str, Callable[..., Any]] = {
    test_a_signal_to_the_bot_costs_no_clip.__name__: a_signal_to_the_bot,
    test_a_signal_to_the_worker_costs_no_clip.__name__: a_signal_to_the_worker,
    test_a_killed_decoder_is_reported_and_not_charged.__name__: a_killed_decoder,
}
