"""The bot as a process on a simulated Discord, for tests that kill and restart it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from contextlib import closing, suppress

import psutil

from tests.support import forked
from tests.support.leftover_processes import marked

SCRIPTED = "tests.support.scripted_worker:open_engine"
LOG = "bot.log"
"""Beside the bot's folder."""


def _command_of(process):
    """Return the command line of a process; empty for one that is ending."""
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return ""


class BotProcess:
    """The bot's process, which can be restarted after each end; its log is beside its folder."""

    def __init__(self, wire, folder, engine=SCRIPTED, **worker):
        """Take an engine's name as an executor does, and settings of workers."""
        self.wire, self.folder = wire, folder
        self._arguments = (folder, wire.base, engine, json.dumps(worker))
        self.process = None
        self.ready = asyncio.Event()
        """Set whenever a worker is ready."""
        self.logs = []

    async def start(self):
        """Start it; return the seconds until it receives events."""
        begun = time.monotonic()
        known = self.wire.gateway.identified
        self.ready.clear()
        self.process, stderr = forked.start(
            "tests.support.discord_wire.bot_main",
            self._arguments,
            marked(self.folder),
        )
        self.logs.append(asyncio.create_task(self._listen(stderr)))
        await self.wire.until(lambda: self.wire.gateway.identified > known, 120)
        return time.monotonic() - begun

    @property
    def exit_code(self):
        """The exit code of the last one started; None while it runs."""
        return None if self.process is None else forked.exit_code(self.process)

    @property
    def children(self):
        """The running processes that it has started."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    @property
    def workers(self):
        return [each for each in self.children if "bot.inference.worker" in _command_of(each)]

    @property
    def decoders(self):
        """The running ffmpeg processes."""
        return [each for each in self.children if "ffmpeg" in _command_of(each).partition(" ")[0]]

    async def end(self, *numbers):
        """Send signals one after the other, and wait for the end; return the exit code."""
        for number in numbers:
            # It may end before the second signal.
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, number)
            # The first is handled before the second comes.
            await asyncio.sleep(0.2 if len(numbers) > 1 else 0)
        await self._ended()
        self.wire.gateway.forget_sessions()
        return self.exit_code

    async def finish(self):
        """Stop it normally, and wait for the end of its log."""
        if self.exit_code is None:
            await self.end(signal.SIGTERM)
        await asyncio.gather(*self.logs)

    async def _ended(self):
        """Wait for the end of the process."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self.process.sentinel, ended.set)
        try:
            async with asyncio.timeout(60):
                await ended.wait()
        finally:
            loop.remove_reader(self.process.sentinel)

    async def _listen(self, pipe):
        loop, stream = asyncio.get_running_loop(), asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(os.dup(pipe.fileno()), "rb")
        )
        pipe.close()
        with closing(transport), (self.folder.parent / LOG).open("ab") as file:
            while line := await stream.readline():
                file.write(line)
                if b"worker.ready" in line:
                    self.ready.set()
