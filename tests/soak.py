"""A long hard time for the bot: `python -m tests.soak --minutes 30 --seed 1`.

Two hundred people at a Discord at the wire ask for clips, while bot and worker are killed, the disk
is full for a while, Discord breaks off, stores and then fails, or refuses, and the clock jumps. In
the end the bot has a quiet time to finish, and then the books are read. The same seed does the same
things; when they happen is up to the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bot.orders import JobState
from bot.store.store import open_store
from tests.soak_people import Person
from tests.wire import open_wire
from tests.wire_faults import Limit
from tests.wire_process import BotProcess

ROOT = Path(__file__).parent.parent
CHANNELS = 20
PLAGUES = {
    "kill the bot": 3,
    "kill the worker": 4,
    "stop the bot": 1,
    "fill the disk": 2,
    "store, then fail": 3,
    "break off": 3,
    "delete messages": 1,
    "lower the limit": 2,
    "close the gateway": 2,
    "turn the clock": 1,
}


@dataclass
class Tally:
    """What happened."""

    plagues: Counter[str] = field(default_factory=Counter)
    back_seconds: list[float] = field(default_factory=list)
    """From the start of a bot to the moment when it heard people again."""
    worker_seconds: list[float] = field(default_factory=list)
    """From the kill of a worker to the next one that was ready."""
    memory_mb: list[float] = field(default_factory=list)
    refused: int = 0


async def plague(kind, bot, dice, tally):
    """Let something go wrong."""
    wire = bot.wire
    tally.plagues[kind] += 1
    match kind:
        case "kill the bot":
            await bot.end(signal.SIGKILL)
            tally.back_seconds.append(await bot.start())
        case "stop the bot":
            await bot.end(signal.SIGTERM)
            assert bot.process.returncode == 0, bot.process.returncode
            tally.back_seconds.append(await bot.start())
        case "kill the worker":
            if bot.workers:
                bot.ready.clear()
                begun = time.monotonic()
                bot.workers[0].kill()
                async with asyncio.timeout(120):
                    await bot.ready.wait()
                tally.worker_seconds.append(time.monotonic() - begun)
        case "fill the disk":
            limits = resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, (4096, limits[1]))
            await asyncio.sleep(dice.uniform(1, 4))
            resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, limits)
        case "store, then fail":
            for method, path in (("PATCH", "/webhooks/*"), ("POST", "/channels/*/messages")):
                wire.fail(method, path, status=dice.choice((500, 502, 503)), stored=True, times=5)
        case "break off":
            wire.fail("PATCH", "/webhooks/*", reset=True, stored=dice.random() < 0.5, times=5)
        case "delete messages":
            for channel in wire.channels.values():
                for message in [each for each in channel.seen if not each.files]:
                    del channel.messages[message.id]
        case "lower the limit":
            limit, wire.upload_limit_bytes = wire.upload_limit_bytes, 24_000
            await asyncio.sleep(dice.uniform(1, 4))
            wire.upload_limit_bytes = limit
        case "close the gateway":
            if wire.gateway.session is not None and wire.gateway.session.socket is not None:
                await wire.gateway.drop()
        case "turn the clock":
            skew = dice.choice((-86_400.0, -3600.0, 0.0, 1200.0, 86_400.0))
            (bot.folder / "skew").write_text(str(skew))


async def soak(minutes, seed, people, folder, *, pause_seconds=100.0):
    """Let them, then look what is left; return the tally and the complaints."""
    dice, tally = random.Random(seed), Tally()
    data = folder / "data"
    data.mkdir(parents=True)
    (data / "skew").write_text("0")
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        # Discord has a clock of its own.
        wire = await stack.enter_async_context(open_wire())
        # Not a test of Discord's patience: the whole limit is for a single bot's token.
        wire.buckets.whole = Limit(500, 1.0)
        channels = [wire.channel(f"music-{number}") for number in range(CHANNELS)]
        crowd = [
            Person(
                wire,
                wire.person(f"p{n}"),
                channels[n % CHANNELS],
                random.Random(seed + n),
                pause_seconds,
            )
            for n in range(people)
        ]
        bot = BotProcess(wire, data)
        tally.back_seconds.append(await bot.start())
        acting = [asyncio.create_task(person.act_until(stop)) for person in crowd]
        ends = time.monotonic() + 60 * minutes
        while time.monotonic() < ends:
            await asyncio.sleep(dice.uniform(5, 40) if minutes >= 5 else dice.uniform(1, 4))
            kinds = list(PLAGUES)
            await plague(dice.choices(kinds, list(PLAGUES.values()))[0], bot, dice, tally)
            if bot.process.returncode is None:
                memory = psutil.Process(bot.process.pid).memory_info().rss / 2**20
                tally.memory_mb.append(memory)
        stop.set()
        await asyncio.gather(*acting)
        wire.faults.clear()
        (data / "skew").write_text("0")
        left = await quiet(data, bot)
        await bot.end(signal.SIGTERM)
        await asyncio.gather(*bot.logs)
        complaints = [f"job {job} is still {state}" for job, state in left]
        if bot.process.returncode != 0:
            complaints.append(f"the bot ended with {bot.process.returncode}")
        rows, found = await audit(data, wire)
        return tally, rows, complaints + found


async def quiet(folder, bot, seconds=600.0):
    """Wait until nothing is in line any more; return what still is."""
    until = time.monotonic() + seconds
    while True:
        with sqlite3.connect(f"file:{folder}/zhiyin.db?mode=ro", uri=True) as connection:
            left = connection.execute(
                "SELECT id, state FROM jobs WHERE state IN "
                "('queued', 'running', 'rendered', 'delivering')"
            ).fetchall()
        connection.close()
        if not left or time.monotonic() > until:
            return left
        await asyncio.sleep(0.5)


async def audit(folder, wire):
    """Read the books; return the rows of a table, and what is wrong."""
    wrong = []
    async with open_store(folder, time.time) as store:
        wrong += await store.ledger.check()
        with sqlite3.connect(f"file:{folder}/zhiyin.db?mode=ro", uri=True) as connection:
            count = connection.execute("SELECT COUNT(*) FROM jobs").fetchone()[0]
            days = connection.execute(
                "SELECT COALESCE(SUM(CASE entry WHEN 'commit' THEN seconds END), 0) FROM ledger"
            ).fetchone()[0]
        connection.close()
        known_jobs = [await store.jobs.get(number) for number in range(1, count + 1)]
        jobs = [job for job in known_jobs if job is not None]
        clips = {job.id: await store.clips.of_job(job.id) for job in jobs}
        seen = Counter(
            int(file.name.split("-")[1].split(".")[0])
            for message in wire.with_clips()
            for file in message.clips
        )
        files = {path.name for path in store.clips_folder.iterdir()}
        uploads = list(store.uploads_folder.iterdir())
    states = Counter(job.state for job in jobs)
    twice = lost = 0
    for job in jobs:
        clip = clips[job.id]
        shown = 0 if clip is None else seen[clip.id]
        if job.state is JobState.DELIVERED and shown != 1:
            twice, lost = twice + (shown > 1), lost + (shown == 0)
            wrong.append(f"job {job.id} was delivered {shown} times")
        elif job.state is not JobState.DELIVERED and shown:
            wrong.append(f"job {job.id} is {job.state} but its clip was posted {shown} times")
        if clip is not None and clip.file not in files:
            wrong.append(f"the sound of clip {clip.id} is gone")
    known = {clip.file for clip in clips.values() if clip is not None}
    wrong += [f"{name} belongs to no clip" for name in files - known]
    wrong += [f"upload {path.name} is left" for path in uploads]
    charged = sum(job.order.seconds for job in jobs if job.state is JobState.DELIVERED)
    if charged != days:
        wrong.append(f"{days} s were charged for {charged} s of clips")
    hanging = [
        each
        for each in wire.interactions.values()
        if each.message is not None
        # One that was taken back is not there any more.
        and each.message.id in each.channel.messages
        and "Getting in line" in each.message.content
    ]
    by_key = {job.order.key: job for job in jobs}
    broken_off = [each for each in hanging if f"{each.id}/0" not in by_key]
    wrong += [
        f"the message of interaction {each.id} still says that it is in line"
        for each in hanging
        if (ordered := by_key.get(f"{each.id}/0")) is not None and not was_told(wire, ordered)
    ]
    rows = {
        "orders accepted": count,
        "delivered": states[JobState.DELIVERED],
        "failed, told why, refunded": states[JobState.FAILED],
        "cancelled, refunded": states[JobState.CANCELLED],
        "held, refunded": states[JobState.HELD],
        "lost": lost,
        "delivered twice": twice,
        "seconds charged / delivered": f"{days:g} / {charged:g}",
        "answers that a kill cut off before the order was accepted": len(broken_off),
        "interactions never acknowledged (bot dead)": len(
            [each for each in wire.interactions.values() if each.answered_at is None]
        ),
    }
    return rows, wrong


def was_told(wire, job):
    """Whether a clip or a sentence came in another message, where the first was out of reach."""
    if job.state is JobState.DELIVERED:
        return True
    owner = f"<@{job.order.place.user_id}>"
    messages = wire.channels[job.order.place.channel_id].messages.values()
    return any(owner in each.content and "charged" in each.content for each in messages)


def told(tally, rows):
    """Return the table."""
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    lines += [f"| {name} | {count} x |" for name, count in sorted(tally.plagues.items())]
    for name, values in (
        ("from the bot's start to hearing people", tally.back_seconds),
        ("from a worker's kill to the next one ready", tally.worker_seconds),
    ):
        if values:
            middle = sorted(values)[len(values) // 2]
            lines.append(f"| {name} | median {middle:.1f} s, worst {max(values):.1f} s |")
    if tally.memory_mb:
        size = f"first {tally.memory_mb[0]:.0f}, most {max(tally.memory_mb):.0f}"
        lines.append(f"| memory of the bot, MB | {size}, last {tally.memory_mb[-1]:.0f} |")
    return "\n".join(["| what | |", "| --- | ---: |", *lines])


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--folder", type=Path, help="keep database, clips and log there")
    args = parser.parse_args(arguments)
    # Loopback with a broken connection now and then: what it costs is the bot's affair.
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.folder or Path(scratch)
        tally, rows, wrong = asyncio.run(soak(args.minutes, args.seed, args.people, folder))
    print(f"seed {args.seed}, {args.minutes:g} minutes, {args.people} people\n")
    print(told(tally, rows))
    for each in wrong:
        print(f"WRONG: {each}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
