"""The bot as a process on a Discord at the wire, for tests that kill it and start it again."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path

import psutil

from tests.support.leftover_processes import marked

ROOT = Path(__file__).parents[3]
LOG = "bot.log"
"""Beside the folder of the bot."""


class BotProcess:
    """The bot's process, started again as often as it ends; its log is beside its folder."""

    def __init__(self, wire, folder):
        self.wire, self.folder = wire, folder
        self.process = None
        self.ready = asyncio.Event()
        """Set whenever a worker is ready."""
        self.logs = []

    async def start(self):
        """Start it and return after how many seconds it heard people."""
        begun = time.monotonic()
        known = self.wire.gateway.identified
        self.ready.clear()
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.support.discord_wire.bot_main",
            str(self.folder), self.wire.base,
            cwd=ROOT, env=marked(self.folder), stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self.logs.append(asyncio.create_task(self._listen(self.process.stderr)))
        await self.wire.until(lambda: self.wire.gateway.identified > known, 120)
        return time.monotonic() - begun

    @property
    def children(self):
        """The processes that it has started and that still run."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    @property
    def workers(self):
        return [
            each for each in self.children if "bot.inference.worker" in " ".join(each.cmdline())
        ]

    async def end(self, *numbers):
        """Send signals, one after the other, and wait for the end; return the exit code."""
        for number in numbers:
            self.process.send_signal(number)
            # The first is acted on before the second comes.
            await asyncio.sleep(0.2 if len(numbers) > 1 else 0)
        async with asyncio.timeout(60):
            await self.process.wait()
        self.wire.gateway.session = None
        return self.process.returncode

    async def finish(self):
        """End it as its owner would, and its log with it."""
        if self.process.returncode is None:
            await self.end(signal.SIGTERM)
        await asyncio.gather(*self.logs)

    async def _listen(self, stream):
        with (self.folder.parent / LOG).open("ab") as file:
            while line := await stream.readline():
                file.write(line)
                if b"worker.ready" in line:
                    self.ready.set()
