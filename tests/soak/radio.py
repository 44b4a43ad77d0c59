"""Live music while people order clips: `python -m tests.soak.radio --minutes 30`.

The bot with the built-in model plays in a voice channel of a simulated Discord: first two clips,
then live, while two people order clips one after the other and the words change now and then. The
channel's audio is decoded and checked for silence and for lost or late packets. It prints each
figure beside its limit, the cost, and the bot's memory each minute; the exit code is 1 if a limit
is exceeded.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import random
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from bot.config import Config, LimitsConfig
from bot.demo.bot_process import BotSettings, spawn_bot
from bot.demo.discord.actions import commands
from bot.demo.discord.channels import ChannelType
from bot.demo.discord.rate_limits import Limit
from bot.demo.discord.voice import moves
from tests.soak.radio_clips import first_loud, heard_instead
from tests.soak.radio_report import FADE_SECONDS, Aired, checks, last_figures, table
from tests.soak.tally import Sample
from tests.support.discord_wire.server import clips, open_wire

WORDS = ("lo-fi beats", "90s rock", "jazz trio", "funk with slap bass")
PROMPTS = ("rock", "slow blues", "techno, 128 BPM", "calm piano")
CLIP_SECONDS = 8.0
FIRST_CLIPS = ("techno, 128 BPM", "calm piano")
FIRST_CLIP_SECONDS = 20.0
PAUSE_SECONDS = (1.0, 8.0)
"""Between a clip and the next order of the same person."""
STEER_SECONDS = 60.0
LOOK_SECONDS = 5.0
TURN_WAIT_SECONDS = 300.0


@contextmanager
def errors_to(path):
    """Redirect the standard error of this process and its children to a file."""
    kept = os.dup(2)
    with path.open("ab") as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


class RadioServer:
    """A simulated Discord server with a voice channel, and the bot's log."""

    def __init__(self, wire, log):
        self.wire, self.log = wire, log
        self.channel = wire.channel("music")
        self.place = wire.add_channel("lounge", type=ChannelType.VOICE)
        self.lena, *self.others = (wire.person(name) for name in ("lena", "alice", "bob"))

    @property
    def packets(self):
        """The packets that the bot has sent since it joined the channel."""
        line = self.wire.voice.server.connections.get(self.wire.guild.id)
        if line is None or line.socket is None or line.socket.closed:
            return []
        return list(line.packets)

    async def ask(self, name, **options):
        """Use a subcommand of /radio; return when it was sent, on the packets' clock."""
        typed = [{"name": key, "value": value} for key, value in options.items()]
        command_id = int(self.wire.commands.named("radio")["id"])
        whole = [{"name": name, "type": 1, "options": typed}]
        asked = commands.new_command(self.wire, self.lena, self.channel.id, command_id, whole)
        begun = time.perf_counter()
        await self.wire.send(asked)
        await self.wire.until(lambda: asked.message and asked.message.content, TURN_WAIT_SECONDS)
        return begun

    async def order(self, who, words, seconds=CLIP_SECONDS, stop=None):
        """Order a clip; return its file, or None if `stop` was set before."""
        asked = self.wire.new_slash(who, self.channel, "music", prompt=words, seconds=seconds)
        await self.wire.send(asked)

        def is_over():
            return _has_clip(asked) or (stop is not None and stop.is_set())

        await self.wire.until(is_over, TURN_WAIT_SECONDS)
        return clips(asked.message)[0] if _has_clip(asked) else None

    async def order_clips(self, who, dice, stop, waits):
        """Order one clip after the other until `stop` is set."""
        while not stop.is_set():
            begun = time.monotonic()
            if await self.order(who, dice.choice(PROMPTS), stop=stop) is not None:
                waits.append(time.monotonic() - begun)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), dice.uniform(*PAUSE_SECONDS))

    async def first_sound(self, **options):
        """Switch the radio on; return the seconds until it is heard."""
        begun = await self.ask("start", **options)
        async with asyncio.timeout(TURN_WAIT_SECONDS):
            while (loud := first_loud(self.packets)) is None:
                await asyncio.sleep(0.1)
        return loud.at - begun

    async def steer(self, words, steered):
        """Change the words; record the seconds until the new ones are heard."""
        before, begun = self._times_heard(), time.monotonic()
        await self.ask("words", words=words)
        with suppress(TimeoutError):
            async with asyncio.timeout(STEER_SECONDS / 2):
                while self._times_heard() == before:
                    await asyncio.sleep(0.1)
                steered.append(time.monotonic() - begun + FADE_SECONDS / 2)

    def _times_heard(self):
        return self.log.read_text().count("radio.live_heard")


def _has_clip(asked):
    return asked.message is not None and clips(asked.message)


async def play_clips(server, aired):
    """Play two clips; record how soon the first is heard, and how soon a skip is."""
    files = []
    for words in FIRST_CLIPS:
        made = await server.order(server.others[0], words, FIRST_CLIP_SECONDS)
        files.append(made.data)
    one, other = files
    aired.first_clip = await server.first_sound(source="recent")
    # Until the other one is ready.
    await asyncio.sleep(LOOK_SECONDS)
    begun = await server.ask("skip")
    await asyncio.sleep(LOOK_SECONDS)
    pairs = ((one, other), (other, one))
    heard = (heard_instead(server.packets, old, new, begun) for old, new in pairs)
    # The first clip is unknown; only the second is newly heard after the skip.
    aired.skip = max((each for each in heard if each is not None), default=None)
    await server.ask("stop")


async def weigh(process, aired):
    """Record the bot's memory until cancelled."""
    minute, ends = [], time.monotonic() + 60
    while True:
        await asyncio.sleep(2.0)
        found = process.memory_full_info()
        minute.append((found.rss / 2**20, found.pss / 2**20))
        aired.memory.append(Sample(1, time.monotonic(), minute[-1][0]))
        if time.monotonic() >= ends:
            aired.minutes_mb.append(tuple(min(each) for each in zip(*minute, strict=True)))
            minute, ends = [], ends + 60


async def play_live(server, process, aired, dice):
    """Play live for the configured time while people order clips."""
    stop = asyncio.Event()
    aired.first_live = await server.first_sound(words=WORDS[0])
    before = process.cpu_times()
    acting = [asyncio.create_task(weigh(process, aired))]
    acting += [
        asyncio.create_task(server.order_clips(each, dice, stop, aired.waits))
        for each in server.others
    ]
    steering = None
    ends, steered_at = time.monotonic() + 60 * aired.minutes, time.monotonic()
    while time.monotonic() < ends:
        await asyncio.sleep(LOOK_SECONDS)
        await asyncio.to_thread(aired.heard.take, server.packets)
        aired.heard.looks += 1
        status = server.place.voice_status or ""
        aired.heard.live_looks += any(each in status for each in WORDS)
        if time.monotonic() > steered_at + STEER_SECONDS:
            steered_at = time.monotonic()
            steering = asyncio.create_task(server.steer(dice.choice(WORDS), aired.steered))
    after = process.cpu_times()
    aired.cpu = after.user + after.system - before.user - before.system
    aired.helpers_cpu = (
        after.children_user + after.children_system - before.children_user - before.children_system
    )
    stop.set()
    server.wire.changed()
    acting[0].cancel()
    await asyncio.gather(*acting, *([steering] if steering else []), return_exceptions=True)
    await server.ask("stop")


async def air(minutes, seed, folder):
    """Run the radio for so many minutes; return the measurements."""
    data, aired, log = folder / "data", Aired(minutes), folder / "bot.log"
    data.mkdir(parents=True)
    limits = LimitsConfig(daily_seconds=50_000.0, max_daily_seconds=90_000.0, waiting_per_user=50)
    async with open_wire() as wire:
        wire.buckets.whole = Limit(500, 1.0)
        server = RadioServer(wire, log)
        bot = await spawn_bot()
        settings = BotSettings(
            config=Config(limits=limits), folder=data, address=wire.base, token=wire.token
        )
        await bot.begin(settings)
        reports = bot.reports()
        async for report in reports:
            if report.is_ready:
                break
        reading = asyncio.create_task(_drain(reports))
        await moves.join(wire, server.lena, server.place)
        await play_clips(server, aired)
        await play_live(server, psutil.Process(bot.pid), aired, random.Random(seed))
        await bot.stop()
        await reading
    aired.bot_figures = last_figures(log.read_text())
    return aired


async def _drain(reports):
    async for _ in reports:
        pass


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
    print(table(aired))
    return 0 if all(is_so for *_, is_so in checks(aired)) else 1


if __name__ == "__main__":
    sys.exit(main())
