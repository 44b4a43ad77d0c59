"""The latency of first responses: `python -m tests.soak.first_answers --people 50`.

Many people order clips, look at the queue and press buttons, while a jam, a battle and mixes go
on, through a simulated Discord with the built-in model. The latency of an interaction is from when
Discord sends it to its first response, and includes the simulated Discord's own work on the same
processors. The same seed does the same actions.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import statistics
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.demo.discord.actions import components
from bot.demo.discord.interactions import InteractionType
from bot.demo.discord.rate_limits import Limit
from bot.demo.discord.refusals import Refusal
from bot.inference.worker_process import ENGINE
from tests.support.discord_wire.bot_process import BotProcess
from tests.support.discord_wire.server import clips, open_wire
from tests.support.wire_jam import start_jam, take_turn

ACTIONS = {"music": 5, "takes": 1, "queue": 1, "history": 2, "quota": 1, "press": 8}
LABELS = ("Again", "Continue", "Details", "Tree", "⭐", "Loop", "Delete")
WORDS = ("90s rock", "lo-fi with piano", "techno", "slow jazz", "funk", "ambient")
TURN_WAIT_SECONDS = 30.0
JAMMERS = 3


@dataclass(frozen=True)
class Answers:
    """Latencies of first responses in milliseconds, by action."""

    by_action: dict[str, list[float]]
    unanswered: int
    delivered: int

    @property
    def all_ms(self):
        return sorted(each for times in self.by_action.values() for each in times)


def share_of(times, share):
    """Return the quantile of times: `share` of them are at most as long."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


class Visitors:
    """People in one channel who act, with pauses of `pause_seconds` on average.

    With `at_once`, all of them act at the same moment, again and again.
    """

    def __init__(self, wire, people, seed, pause_seconds, *, at_once=False):
        self.wire, self.channel = wire, wire.channel("music")
        self.pause_seconds, self.at_once = pause_seconds, at_once
        self.people = [wire.person(f"p{number}") for number in range(people)]
        self.dice = [random.Random(seed + number) for number in range(people)]
        self.stop = asyncio.Event()

    def begin(self):
        """Start all people; return their tasks."""
        first, *_ = self.people
        together = (self._jam, self._battle, self._mix)
        tasks = [self._act(*each) for each in zip(self.people, self.dice, strict=True)]
        return [asyncio.create_task(each) for each in (*tasks, *(do(first) for do in together))]

    async def _pause(self, seconds):
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stop.wait()

    async def _act(self, person, dice):
        while not self.stop.is_set():
            pause_seconds = dice.expovariate(1 / self.pause_seconds)
            await self._pause(self.pause_seconds if self.at_once else pause_seconds)
            if self.stop.is_set():
                # Otherwise all would act in this moment.
                return
            (action,) = dice.choices(tuple(ACTIONS), tuple(ACTIONS.values()))
            posted = [each for each in self.channel.seen if clips(each) and each.buttons]
            with suppress(Refusal, KeyError):
                if action == "press" and posted:
                    message = dice.choice(posted[-20:])
                    fitting = [each for each in message.buttons if each.startswith(LABELS)]
                    press = self.wire.new_press(person, message, dice.choice(fitting))
                    await self.wire.send(press)
                elif action in ("queue", "history", "quota"):
                    await self.wire.send_slash(person, self.channel, action)
                else:
                    takes = {"takes": 2} if action == "takes" else {}
                    await self.wire.send_slash(
                        person, self.channel, "music", prompt=dice.choice(WORDS),
                        seconds=float(dice.randint(2, 4)), **takes,
                    )  # fmt: skip

    async def _jam(self, person):
        """Let a few people take turns in a jam, one after the other."""
        thread = await start_jam(self.wire, person, self.channel, longest=300)
        turn = 0
        while not self.stop.is_set():
            with suppress(TimeoutError, Refusal, KeyError):
                async with asyncio.timeout(TURN_WAIT_SECONDS):
                    player = self.people[turn % JAMMERS]
                    sent = await take_turn(self.wire, player, thread, WORDS[turn % len(WORDS)])
                    await self.wire.until(lambda sent=sent: sent.message and sent.message.files)
            turn += 1

    async def _battle(self, person):
        """Let people enter battles, one after the other."""
        while not self.stop.is_set():
            with suppress(TimeoutError, Refusal, KeyError):
                async with asyncio.timeout(TURN_WAIT_SECONDS):
                    asked = await self.wire.slash(
                        person, self.channel, "battle", prompt="lo-fi", seconds=2.0, voting=1
                    )
                    card = await self.wire.until(lambda asked=asked: asked.message)
                    for player in self.people[:8]:
                        press = self.wire.new_press(player, card, "Enter")
                        await self.wire.send(press)
                        await self.wire.until(lambda press=press: press.modal)
                        words = {"words": "with a flute"}
                        await components.submit_modal(self.wire, player, press.id, words)
            await self._pause(20.0)

    async def _mix(self, person):
        """Order a mix of the first two clips, again and again."""
        while not self.stop.is_set():
            with suppress(Refusal, KeyError):
                await self.wire.send_slash(person, self.channel, "mix", a="1", b="2")
            await self._pause(4.0)


async def measure(people, minutes, seed, pause_seconds, folder, *, at_once=False):
    """Let people act for some minutes; return the latencies of first responses."""
    data = folder / "data"
    data.mkdir(parents=True)
    async with open_wire() as wire:
        wire.buckets.whole = Limit(500, 1.0)
        bot = BotProcess(wire, data, ENGINE)
        visitors = Visitors(wire, people, seed, pause_seconds, at_once=at_once)
        await bot.start()
        await asyncio.wait_for(bot.ready.wait(), 120)
        acting = visitors.begin()
        await visitors._pause(60 * minutes)
        visitors.stop.set()
        await asyncio.gather(*acting)
        await bot.end(signal.SIGKILL)
        await asyncio.gather(*bot.logs)
        by_action: dict[str, list[float]] = {}
        unanswered = 0
        for each in wire.interactions.values():
            if each.answered_at is None:
                unanswered += 1
                continue
            by_action.setdefault(_action_of(each), []).append(1000 * each.seconds)
        return Answers(by_action, unanswered, len(wire.with_clips()))


def _action_of(interaction):
    if interaction.type is InteractionType.COMMAND:
        return f"/{interaction.full_name}"
    return "a form" if interaction.type is InteractionType.MODAL else "a button"


def lines(found):
    """Yield the results as sentences."""
    times = found.all_ms
    yield (
        f"{len(times)} first answers: {statistics.median(times):.0f} ms (median), "
        f"{share_of(times, 0.99):.0f} ms (p99), {times[-1]:.0f} ms (slowest); "
        f"{found.unanswered} without one; {found.delivered} messages with clips"
    )
    for action, own in sorted(found.by_action.items(), key=lambda each: -len(each[1])):
        yield (
            f"  {action}: {len(own)}, {statistics.median(own):.0f} ms, "
            f"{share_of(own, 0.99):.0f} ms, {max(own):.0f} ms"
        )


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.soak.first_answers", description=__doc__)
    parser.add_argument("--people", type=int, default=50, help="how many (%(default)s)")
    parser.add_argument("--minutes", type=float, default=2.0, help="how long (%(default)s)")
    parser.add_argument("--pause", type=float, default=10.0, help="seconds between two actions")
    parser.add_argument("--at-once", action="store_true", help="all of them in the same moment")
    parser.add_argument("--seed", type=int, default=1, help="what happens (%(default)s)")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        measuring = measure(
            args.people, args.minutes, args.seed, args.pause, folder, at_once=args.at_once
        )
        found = asyncio.run(measuring)
    print(f"{args.people} people, {args.minutes:g} minutes")
    for line in lines(found):
        print(line)


if __name__ == "__main__":
    main()
