"""Kill everything at random moments: `python -m tests.soak.kill_sweep --kills 100 --stops 10`.

People on a simulated Discord order clips, send files and press buttons all the time, while the
bot, its worker and ffmpeg are killed, and the bot is stopped normally. At the end the bot gets
time to finish, and then nothing may hang, be lost or be posted twice. The same seed does the same
actions; their timing depends on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bot.demo.discord.messages import LOADING
from cogs.presentation import messages
from tests.soak.crowd import open_crowd
from tests.soak.group_audit import audit_groups
from tests.soak.reconciliation import PROMISES, asked, audit, read
from tests.support.discord_wire.bot_process import LOG

VICTIMS = {"bot": 6, "worker": 3, "ffmpeg": 3}
CHANNELS = 5
PAUSE_SECONDS = 2.0
"""Between two actions of a person, on average."""
BETWEEN_SECONDS = (0.1, 1.5)
"""From when everything runs again to the next kill."""
HUNT_SECONDS = 5.0
"""How long to wait for an ffmpeg process, which lives for a tenth of a second."""
ENDED_SECONDS = 60.0
ANSWER_SECONDS = 3.0
"""Within this time a running bot responds."""
UNFINISHED = (*PROMISES, "▰", "▱", "ahead of you", "You are next", "is being loaded")


@dataclass
class Swept:
    """The result of a sweep."""

    kills: Counter[str] = field(default_factory=Counter)
    deaths: list[tuple[float, float]] = field(default_factory=list)
    """From the kill or stop of the bot until it receives events again, by `time.perf_counter`."""
    unanswered: int = 0
    """Commands that were never acknowledged although the bot ran long enough."""
    rows: dict[str, object] = field(default_factory=dict)
    hanging: list[str] = field(default_factory=list)
    lost: int = 0
    doubled: int = 0
    tracebacks: int = 0
    """In the log of bots that were stopped normally."""
    orphans: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_clean(self):
        return not (
            self.hanging
            or self.lost
            or self.doubled
            or self.tracebacks
            or self.orphans
            or self.unanswered
            or self.wrong
        )


async def sweep(kills, stops, seed, people, folder, *, pause_seconds=PAUSE_SECONDS):
    """Kill and stop processes in random order, and then audit the result."""
    dice, swept = random.Random(seed), Swept()
    deaths = dice.choices(list(VICTIMS), list(VICTIMS.values()), k=kills) + ["stop"] * stops
    dice.shuffle(deaths)
    async with open_crowd(
        folder, people=people, channels=CHANNELS, seed=seed, pause_seconds=pause_seconds
    ) as crowd:
        await crowd.bot.start()
        await crowd.begin()
        for victim in deaths:
            await asyncio.sleep(dice.uniform(*BETWEEN_SECONDS))
            await _kill(victim, crowd.bot, swept)
        await crowd.calm()
        swept.wrong += [f"job {job} is still {state}" for job, state in await crowd.settle()]
        await _notices_posted(crowd.data)
        await crowd.stop_bot()
        swept.orphans = [path.name for path in (crowd.data / "uploads").iterdir()]
        judge(swept, await read(crowd.data), crowd.wire)
        of_groups, wrong = audit_groups(crowd.data, crowd.wire)
        swept.rows, swept.wrong = swept.rows | of_groups, swept.wrong + wrong
        return swept


async def _kill(victim, bot, swept):
    swept.kills[victim] += 1
    match victim:
        case "bot":
            begun = time.perf_counter()
            await bot.end(signal.SIGKILL)
            await bot.start()
            swept.deaths.append((begun, time.perf_counter()))
        case "stop":
            log = bot.folder.parent / LOG
            before = log.stat().st_size if log.exists() else 0
            begun = time.perf_counter()
            code = await bot.end(signal.SIGTERM)
            await asyncio.gather(*bot.logs)
            log_end = log.read_bytes()[before:]
            swept.tracebacks += log_end.count(b"Traceback (most recent call last)")
            if code != 0:
                swept.wrong.append(f"a stop ended with {code}")
            await bot.start()
            swept.deaths.append((begun, time.perf_counter()))
        case "worker":
            for worker in bot.workers[:1]:
                with suppress(psutil.NoSuchProcess):
                    worker.kill()
        case "ffmpeg":
            until = time.monotonic() + HUNT_SECONDS
            while not (found := bot.decoders) and time.monotonic() < until:
                await asyncio.sleep(0.01)
            for each in found:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
            swept.kills["ffmpeg that was there"] += bool(found)


async def _notices_posted(data):
    """Wait until every job's result was posted and no answer is pending."""
    until = time.monotonic() + ENDED_SECONDS
    left = "SELECT key FROM jobs WHERE untold UNION SELECT key FROM open_answers"
    while asked(data, left) and time.monotonic() < until:
        await asyncio.sleep(0.2)


def judge(swept, books, wire):
    """Compare what people saw with the database, and record what is wrong."""
    swept.rows, wrong = audit(books, wire)
    swept.wrong += wrong
    everything = [each for place in wire.channels.values() for each in place.messages.values()]
    own = [each for each in everything if each.author is wire.me]
    swept.hanging = [
        f"{each.id} (of {each.interaction and each.interaction.id}): {each.content or 'thinking'}"
        for each in own
        if any(part in each.content for part in UNFINISHED) or each.flags & LOADING
    ]
    notes = Counter(
        each.payload["nonce"] for each in own if each.payload.get("nonce") and not each.is_ephemeral
    )
    swept.doubled = swept.rows["delivered twice"] + sum(count - 1 for count in notes.values())
    swept.lost = swept.rows["lost"]
    swept.unanswered = sum(
        each.answered_at is None
        and not any(
            begun - ANSWER_SECONDS <= each.sent_at <= ended for begun, ended in swept.deaths
        )
        for each in wire.interactions.values()
        if each.sent_at
    )
    swept.rows["answers ended by a sentence, since the bot had ended"] = sum(
        each.content == str(messages.RESTARTED) for each in own
    )
    reasons = Counter(str(job.sentence) for job in books.jobs if job.sentence is not None)
    swept.rows |= {f"ended with: {reason}": count for reason, count in reasons.items()}


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.soak.kill_sweep", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="how many (%(default)s)")
    parser.add_argument("--stops", type=int, default=10, help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what happens (%(default)s)")
    parser.add_argument("--people", type=int, default=20, help="how many (%(default)s)")
    parser.add_argument("--folder", type=Path, help="keep database, clips and log there")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.folder or Path(scratch)
        swept = asyncio.run(sweep(args.kills, args.stops, args.seed, args.people, folder))
    for name, count in (*swept.kills.items(), *swept.rows.items()):
        print(f"{name}: {count}")
    print(f"hanging answers: {len(swept.hanging)}")
    print(f"lost: {swept.lost}")
    print(f"doubled: {swept.doubled}")
    print(f"tracebacks at normal stops: {swept.tracebacks}")
    print(f"unanswered while the bot lived: {swept.unanswered}")
    print(f"orphaned uploads: {len(swept.orphans)}")
    for each in (*swept.hanging, *swept.wrong):
        print(f"WRONG: {each}")
    return 0 if swept.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
