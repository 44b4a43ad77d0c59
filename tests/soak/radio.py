"""Live music beside people who order clips: `python -m tests.soak.radio --minutes 30`.

The bot with the built-in model plays live in a voice channel of a Discord at the wire; two people
order clips one after the other, and the words change now and then. What arrives in the channel is
decoded and looked through for silence and for packets that are missing or late. It prints what was
heard, what it cost, and the memory of the bot at the quarters; the exit code is 1 where anything
of it stuttered.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import random
import re
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil

from bot.config import Config, LimitsConfig
from bot.demo.bot_process import BotSettings, spawn_bot
from bot.demo.discord.actions import commands
from bot.demo.discord.channels import ChannelType
from bot.demo.discord.rate_limits import Limit
from bot.demo.discord.voice import moves
from tests.soak.radio_heard import LATE_SECONDS, SHORTEST_SILENCE_SECONDS, Heard
from tests.soak.tally import Tally, quarters
from tests.support.discord_wire.server import clips, open_wire
from tests.support.heard_sound import decode, levels

WORDS = ("lo-fi beats", "90s rock", "jazz trio", "funk with slap bass")
PROMPTS = ("rock", "slow blues", "techno, 128 BPM", "calm piano")
CLIP_SECONDS = 8.0
PAUSE_SECONDS = (1.0, 8.0)
"""Between a clip and the next order of the same person."""
STEER_SECONDS = 60.0
LOOK_SECONDS = 5.0
PATIENCE_SECONDS = 300.0
_TOLD = re.compile(
    r"radio\.heard .*?seconds=(\S+) silent=(\S+) missing=(\S+) low=(\d+) .*cpu=(\S+)"
)


@dataclass
class Aired:
    """What has come of a radio."""

    heard: Heard
    tally: Tally
    waits: list[float]
    """From each order of a clip to the clip."""
    told: tuple[float, ...]
    """By the bot: seconds, of them silent, of live music missing, times it was low, processor."""
    bot_cpu_seconds: float
    first_sound_seconds: float
    wrong: list[str]


@contextmanager
def errors_to(path):
    """Let what this process and its children write to standard error go to a file."""
    kept = os.dup(2)
    with path.open("ab") as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


async def ask(wire, who, channel, name, **options):
    """Use a subcommand of /radio; return the message that answers."""
    typed = [{"name": key, "value": value} for key, value in options.items()]
    command_id = int(wire.commands.named("radio")["id"])
    whole = [{"name": name, "type": 1, "options": typed}]
    asked = commands.new_command(wire, who, channel.id, command_id, whole)
    await wire.send(asked)
    await wire.until(lambda: asked.message is not None and asked.message.content, PATIENCE_SECONDS)
    return asked.message


async def order_clips(wire, who, channel, dice, stop, waits):
    """Order one clip after the other until told to stop."""
    while not stop.is_set():
        begun = time.monotonic()
        words = dice.choice(PROMPTS)
        asked = wire.new_slash(who, channel, "music", prompt=words, seconds=CLIP_SECONDS)
        await wire.send(asked)
        await wire.until(lambda asked=asked: _has_clip(asked) or stop.is_set(), PATIENCE_SECONDS)
        if _has_clip(asked):
            waits.append(time.monotonic() - begun)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), dice.uniform(*PAUSE_SECONDS))


def _has_clip(asked):
    return asked.message is not None and clips(asked.message)


async def air(minutes, seed, folder):
    """Play for so long; return what came of it."""
    data, dice = folder / "data", random.Random(seed)
    data.mkdir(parents=True)
    limits = LimitsConfig(daily_seconds=50_000.0, max_daily_seconds=90_000.0, waiting_per_user=50)
    async with open_wire() as wire:
        wire.buckets.whole = Limit(500, 1.0)
        channel, place = wire.channel("music"), wire.add_channel("lounge", type=ChannelType.VOICE)
        lena, *others = (wire.person(name) for name in ("lena", "alice", "bob"))
        bot = await spawn_bot()
        await bot.begin(
            BotSettings(
                config=Config(limits=limits), folder=data, address=wire.base, token=wire.token
            )
        )
        reports = bot.reports()
        async for report in reports:
            if report.is_ready:
                break
        reading = asyncio.create_task(_drain(reports))
        tally, heard, stop = Tally(), Heard(), asyncio.Event()
        tally.back_seconds.append(0.0)
        await moves.join(wire, lena, place)
        waits: list[float] = []
        begun = time.monotonic()
        await ask(wire, lena, channel, "start", words=WORDS[0])
        await _until_loud(wire)
        first = time.monotonic() - begun
        process = psutil.Process(bot.pid)
        cpu = sum(process.cpu_times()[:2])
        weighing = asyncio.create_task(tally.weigh(SimpleNamespace(process=bot)))
        acting = [
            asyncio.create_task(order_clips(wire, each, channel, dice, stop, waits))
            for each in others
        ]
        ends, steered = time.monotonic() + 60 * minutes, time.monotonic()
        while time.monotonic() < ends:
            await asyncio.sleep(LOOK_SECONDS)
            packets = list(wire.voice.server.lines[wire.guild.id].packets)
            await asyncio.to_thread(heard.take, packets)
            heard.looks += 1
            heard.live_looks += any(each in (place.voice_status or "") for each in WORDS)
            if time.monotonic() > steered + STEER_SECONDS:
                steered = time.monotonic()
                await ask(wire, lena, channel, "words", words=dice.choice(WORDS))
        cpu = sum(process.cpu_times()[:2]) - cpu
        stop.set()
        wire.changed()
        await asyncio.gather(*acting)
        weighing.cancel()
        await ask(wire, lena, channel, "stop")
        await bot.stop()
        await reading
    told = _TOLD.search((folder / "bot.log").read_text())
    figures = tuple(float(each) for each in told.groups()) if told else ()
    return Aired(heard, tally, waits, figures, cpu, first, _judge(heard, figures))


def _judge(heard, told):
    wrong = []
    if not told:
        wrong.append("the bot did not tell what it has played")
    elif told[2] > 0:
        wrong.append(f"{told[2]:.2f} s of live music were missing")
    if heard.silences:
        wrong.append(f"{len(heard.silences)} silences, the longest {max(heard.silences):.2f} s")
    if heard.lost:
        wrong.append(f"{heard.lost} packets did not arrive")
    if heard.late:
        wrong.append(f"{len(heard.late)} packets were late, at most {max(heard.late):.2f} s")
    return wrong


async def _drain(reports):
    async for _ in reports:
        pass


async def _until_loud(wire):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            await asyncio.sleep(0.1)
            line = wire.voice.server.lines.get(wire.guild.id)
            packets = [] if line is None else [each.opus for each in line.packets][-20:]
            if len(packets) > 5 and levels(decode(packets)).max() > 0.02:
                return


def table(aired, minutes):
    """Return what to print."""
    heard, told = aired.heard, aired.told
    rows = {
        "from /radio start to the first sound": f"{aired.first_sound_seconds:.1f} s",
        "packets heard": heard.packets,
        "packets lost": heard.lost,
        f"packets later than {LATE_SECONDS:g} s": len(heard.late),
        f"silences of {SHORTEST_SILENCE_SECONDS:g} s and more": len(heard.silences),
        "looks at which it was live": f"{heard.live_looks} of {heard.looks}",
        "clips ordered and delivered beside it": len(aired.waits),
    }
    if aired.waits:
        rows["from an order to its clip, median and worst"] = (
            f"{np.median(aired.waits):.1f} s, {max(aired.waits):.1f} s"
        )
    if told:
        seconds, silent, missing, low, cpu = told
        rows |= {
            "live music that was missing": f"{missing:.2f} s",
            "silence for want of anything": f"{silent:.2f} s of {seconds:.0f} s",
            "times that a clip took its place": int(low),
            "processor of the thread that plays": f"{100 * cpu / seconds:.1f} % of a core",
        }
    rows["processor of the whole bot, without the model's"] = (
        f"{100 * aired.bot_cpu_seconds / (60 * minutes):.1f} % of a core"
    )
    at = ", ".join(f"{mb:.0f}" for mb in quarters(aired.tally.memory))
    rows["memory of the bot at each quarter, MB"] = at
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join(["| what | |", "| --- | ---: |", *lines])


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.soak.radio", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what happens (%(default)s)")
    parser.add_argument("--folder", type=Path, help="keep database, clips and log there")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        # The bot logs as much as this process does.
        logging.getLogger("bot").setLevel(logging.INFO)
        with errors_to(folder / "bot.log"):
            aired = asyncio.run(air(args.minutes, args.seed, folder))
    print(f"seed {args.seed}, {args.minutes:g} minutes\n")
    print(table(aired, args.minutes))
    for each in aired.wrong:
        print(f"WRONG: {each}")
    return 1 if aired.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
