"""Kill the bot during a jam: `python -m tests.soak.jam_sweep --turns 40 --people 8 --kills 20`.

People take turns in one jam through a simulated Discord, in no order, while the bot is killed at
random moments. At the end the jam is closed, and every delivered turn must be in the track and
the thread once and charged once, with one card and one mixdown. The same seed does the same
actions; their timing depends on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.demo.discord.rate_limits import Limit
from bot.demo.discord.refusals import Refusal
from tests.soak.reconciliation import asked, audit, quiet, read
from tests.support.discord_wire.bot_process import BotProcess
from tests.support.discord_wire.server import open_wire
from tests.support.wire_jam import cards, start_jam, take_turn, threads

BETWEEN_SECONDS = (0.2, 1.5)
"""From the bot's restart to the next kill."""
PAUSE_SECONDS = 0.3
TURN_WAIT_SECONDS = 3.0
SHOWN_SECONDS = 60.0
TURNS = "SELECT COUNT(*) FROM jam_turns"
STATE = "SELECT state, version = shown_version FROM jams"


@dataclass
class Played:
    """The result of a jam under kills."""

    turns: int
    kills: int
    presses: int
    rows: dict[str, object]
    wrong: list[str]


async def sweep(turns, people, kills, seed, folder):
    """Take `turns` turns with so many people, and kill the bot `kills` times meanwhile."""
    dice, data = random.Random(seed), folder / "data"
    data.mkdir(parents=True)
    async with open_wire() as wire:
        # Rate limits are not under test: one bot's token gets the whole limit.
        wire.buckets.whole = Limit(500, 1.0)
        channel, bot = wire.channel("music"), BotProcess(wire, data)
        players = [wire.person(f"p{number}") for number in range(people)]
        await bot.start()
        thread = await start_jam(wire, players[0], channel, tempo=176, longest=300)
        stop = asyncio.Event()
        playing = [
            asyncio.create_task(_play(wire, each, thread, random.Random(seed + n), stop))
            for n, each in enumerate(players)
        ]
        killed = 0
        while killed < kills or asked(data, TURNS)[0][0] < turns:
            await asyncio.sleep(dice.uniform(*BETWEEN_SECONDS))
            if killed < kills:
                await bot.end(signal.SIGKILL)
                await bot.start()
                killed += 1
        stop.set()
        presses = sum(await asyncio.gather(*playing))
        await quiet(data)
        wrong = await _close(wire, players[0], thread, data)
        await bot.end(signal.SIGTERM)
        await asyncio.gather(*bot.logs)
        books = await read(data)
        rows, found = audit(books, wire)
        return Played(
            asked(data, TURNS)[0][0], killed, presses, rows, wrong + found + _judge(data, wire)
        )


async def _play(wire, person, thread, dice, stop):
    """Take turns until `stop` is set; return how often the button was pressed."""
    presses = 0
    while not stop.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(dice.expovariate(1 / PAUSE_SECONDS)):
                await stop.wait()
        if wire.gateway.session is None or not cards(thread):
            continue
        presses += 1
        # The card may have moved, another person may be faster, and the bot may be dead.
        with suppress(TimeoutError, Refusal, KeyError):
            async with asyncio.timeout(TURN_WAIT_SECONDS):
                await take_turn(wire, person, thread, dice.choice(("beat", "rock", "jazz")))
    return presses


async def _close(wire, person, thread, data):
    """Close the jam as the person who started it; return what is wrong."""
    async with asyncio.timeout(SHOWN_SECONDS):
        while asked(data, STATE) != [("closed", 1)]:
            with suppress(TimeoutError, KeyError):
                press = wire.new_press(person, cards(thread)[-1], "Close")
                await wire.send(press)
                await wire.until(lambda asked=press: asked.answered_at, TURN_WAIT_SECONDS)
            await quiet(data)
            await asyncio.sleep(0.5)
    return []


def _judge(data, wire):
    """Return what is wrong with the jam: its thread, card, turns and mixdown."""
    (thread, *others) = threads(wire)
    wrong = [f"{each.name} is another thread" for each in others]
    if len(cards(thread)) != 1:
        wrong.append(f"there are {len(cards(thread))} cards")
    announced = [each for each in wire.channel("music").messages.values() if each.thread]
    if len(announced) > 1:
        wrong.append(f"it was announced {len(announced)} times")
    sql = "SELECT COUNT(*) FROM jobs WHERE kind = ? AND state = 'delivered'"
    counts = [
        asked(data, sql.replace("?", f"'{kind}'"))[0][0] for kind in ("jam turn", "jam mixdown")
    ]
    if counts != [asked(data, TURNS)[0][0], 1]:
        wrong.append(f"{counts} turns and mixdowns were delivered")
    return wrong


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.soak.jam_sweep", description=__doc__)
    parser.add_argument("--turns", type=int, default=40, help="how many (%(default)s)")
    parser.add_argument("--people", type=int, default=8, help="how many (%(default)s)")
    parser.add_argument("--kills", type=int, default=20, help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what happens (%(default)s)")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        done = asyncio.run(sweep(args.turns, args.people, args.kills, args.seed, Path(scratch)))
    print(f"turns: {done.turns}\nkills: {done.kills}\npresses: {done.presses}")
    for name, count in done.rows.items():
        print(f"{name}: {count}")
    for each in done.wrong:
        print(f"WRONG: {each}")
    return 1 if done.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
