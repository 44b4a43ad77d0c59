"""Signals to the bot, its worker and its decoder, in each phase of a clip: real processes."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from contextlib import asynccontextmanager, closing

import psutil
import pytest

from bot.orders import JobState
from bot.store.store import open_store
from tests.wire import open_wire
from tests.wire_files import File
from tests.wire_process import BotProcess

TERM, INT, KILL = signal.SIGTERM, signal.SIGINT, signal.SIGKILL
WAIT_SECONDS = 60.0


@asynccontextmanager
async def opened(tmp_path):
    """A bot on a wire with a channel and somebody in it."""
    folder = tmp_path / "data"
    folder.mkdir()
    async with open_wire() as wire:
        channel, alice = wire.channel("music"), wire.person("alice")
        bot = BotProcess(wire, folder)
        await bot.start()
        try:
            yield wire, bot, channel, alice
        finally:
            await bot.finish()
    assert not [each for each in psutil.Process().children(recursive=True) if "bot" in each.name()]


async def seen(is_so):
    """Wait until something is so that has no event of its own."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not is_so():
            await asyncio.sleep(0.02)


async def in_phase(phase, wire, bot, channel, alice):
    """Bring a clip into a phase; return its interaction."""
    if phase != "waiting for the worker":
        await bot.ready.wait()
    if phase == "posting":
        wire.fail("PATCH", "/webhooks/*", slow_seconds=3.0, with_files=True)
    prompt = "slowly" if phase == "being made" else "rock"
    asked = await wire.slash(alice, channel, "music", prompt=prompt, seconds=2.0)
    # Before it is written down nothing was accepted.
    await seen(lambda: accepted(bot.folder))
    if phase == "being made":
        await seen(lambda: "%" in (asked.message.content or ""))
    if phase == "posting":
        await seen(lambda: any(each.files for each in wire.requests("PATCH")))
    return asked


def accepted(folder):
    """How many jobs are in the books of a bot that runs."""
    with closing(sqlite3.connect(f"file:{folder}/zhiyin.db?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT COUNT(*) FROM jobs").fetchone()[0]


async def check(bot, wire, jobs=1):
    """Every job has its clip, once, and is paid for; the books are right."""
    async with open_store(bot.folder, time.time) as store:
        for number in range(1, jobs + 1):
            job = await store.jobs.get(number)
            assert job is not None
            assert job.state is JobState.DELIVERED
        assert await store.check() == []
        assert await store.jobs.unfinished() == []
    assert len(wire.with_clips()) == jobs


@pytest.mark.parametrize("phase", ["waiting for the worker", "being made", "posting"])
@pytest.mark.parametrize(
    ("signals", "code"), [((TERM,), 0), ((INT,), 0), ((TERM, TERM), 1), ((KILL,), -9)]
)
async def test_a_signal_to_the_bot_costs_no_clip(tmp_path, phase, signals, code):
    """It ends as it was told to, and the next start goes on where it was."""
    async with opened(tmp_path) as (wire, bot, channel, alice):
        await in_phase(phase, wire, bot, channel, alice)
        found = await bot.end(*signals)
        # A drain that is over before the second signal comes is no failure.
        assert found == code or (code == 1 and found == 0)
        await bot.start()
        await wire.until(lambda: wire.with_clips(), WAIT_SECONDS)
        await bot.finish()
        await check(bot, wire)


@pytest.mark.parametrize("number", [TERM, KILL])
async def test_a_signal_to_the_worker_costs_no_clip(tmp_path, number):
    """Another worker makes it, and an attempt is spent."""
    async with opened(tmp_path) as (wire, bot, channel, alice):
        await in_phase("being made", wire, bot, channel, alice)
        (worker,) = bot.workers
        worker.send_signal(number)
        await wire.until(lambda: wire.with_clips(), WAIT_SECONDS)
        await bot.finish()
        await check(bot, wire)


async def test_a_decoder_that_is_killed_is_told_and_costs_nothing(tmp_path):
    """One sentence to the person; the bot goes on."""
    async with opened(tmp_path) as (wire, bot, channel, alice):
        await bot.ready.wait()
        # Ten minutes of sound take long enough to read.
        big = File("song.wav", wav_of(600.0))
        asking = asyncio.create_task(
            wire.slash(alice, channel, "music", prompt="rock", clip=big, seconds=1.0)
        )
        await seen(lambda: decoders(bot))
        for each in decoders(bot):
            each.kill()
        asked = await asking
        await wire.until(lambda: asked.followups, WAIT_SECONDS)
        assert asked.followups[-1].content
        await wire.slash(alice, channel, "music", prompt="rock", seconds=1.0)
        await wire.until(lambda: wire.with_clips(), WAIT_SECONDS)
        await bot.finish()
        await check(bot, wire)


def decoders(bot):
    return [each for each in bot.children if each.name() == "ffmpeg"]


def wav_of(seconds, rate_hz=8000):
    """Sound that is small and long."""
    data = bytes(128 for _ in range(round(seconds * rate_hz)))
    header = b"RIFF" + (36 + len(data)).to_bytes(4, "little") + b"WAVEfmt " + b"\x10\0\0\0"
    form = b"\x01\0\x01\0" + rate_hz.to_bytes(4, "little") * 2 + b"\x01\0\x08\0"
    return header + form + b"data" + len(data).to_bytes(4, "little") + data
