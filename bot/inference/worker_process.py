"""A worker as a process on this machine, over a socket that nobody else has."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import sys
from dataclasses import asdict
from typing import Any

from bot.config import Config
from bot.inference.connection import frame, receive
from bot.inference.protocol import FromWorker, Shutdown, ToWorker

log = logging.getLogger(__name__)

ENGINE = "bot.models.opening:open_engine"
"""What a worker opens, as "module:function": only the worker process imports it."""

_STOP_SECONDS = 2.0


class ProcessBackend:
    """Starts workers as processes of this machine."""

    MODULE = "bot.inference.worker"
    """What the process runs."""

    def __init__(self, config: Config, *, engine: str | None = None) -> None:
        """Take the settings; `engine` names what a worker opens in place of the model."""
        self._config, self._engine = config, engine or ENGINE

    async def start(self) -> WorkerProcess:
        """Start a process that loads the model. It knows no token and nothing of the database.

        Raises OSError where it can't be started.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            reader, writer = await asyncio.open_connection(sock=ours)
            try:
                # Last of all: a cancellation after it would leave the process behind.
                process = await self._spawn(theirs.fileno())
            except BaseException:
                writer.close()
                raise
        log.info("worker.started pid=%d", process.pid)
        return WorkerProcess(process, reader, writer)

    async def close(self) -> None:
        """Hold nothing beside the workers."""

    async def _spawn(self, fd: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self.MODULE,
            str(fd),
            json.dumps(self._settings()),
            pass_fds=(fd,),
            stdin=asyncio.subprocess.DEVNULL,
            # Libraries print to standard output; the bot's own is not theirs.
            stdout=sys.stderr.fileno() if _has_fileno() else None,
            env=self._environment(),
            # A terminal sends Ctrl-C to its whole group, and MindSpore, which takes the signal over
            # once it has loaded, ends the process for it.
            start_new_session=True,
        )

    def _environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if "TOKEN" not in name.upper()}

    def _settings(self) -> dict[str, Any]:
        """Return the settings that a worker needs; none of the account, none of the storage."""
        sections = ("model", "generation", "engine", "limits", "log", "worker")
        return {
            "config": {name: asdict(getattr(self._config, name)) for name in sections},
            "engine": self._engine,
            "level": log.getEffectiveLevel(),
        }


class WorkerProcess:
    """A running worker, and the socket to it."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._process, self._reader, self._writer = process, reader, writer
        self._has_left = False

    @property
    def name(self) -> str:
        """Return what the log calls it."""
        return f"pid={self.pid}"

    @property
    def pid(self) -> int:
        """Return the process's number."""
        return self._process.pid

    async def receive(self) -> FromWorker:
        """Wait for the next message.

        Raises EOFError when the worker has gone, ProtocolError for what is no message.
        """
        try:
            return await receive(self._reader)
        except EOFError:
            self._has_left = True
            raise

    def send(self, message: ToWorker) -> None:
        """Send a message; a worker that has gone does not get it.

        Raises ValueError for a message that can't be sent.
        """
        if not self._writer.is_closing():
            self._writer.write(frame(message))

    async def stop(self) -> None:
        """Ask the process to end, kill it if it does not, and return when it is gone."""
        self.send(Shutdown())
        await self._end(_STOP_SECONDS)

    async def kill(self) -> None:
        """Kill the process and return when it is gone."""
        # One that closed its socket dies by itself: its own code says why, a kill would hide it.
        await self._end(_STOP_SECONDS if self._has_left else 0.0)

    async def abandon(self) -> None:
        """Close the socket, at which the process ends, and return when it is gone."""
        self._writer.close()
        await self._end(_STOP_SECONDS)

    async def _end(self, patience_seconds: float) -> None:
        is_killed = False
        try:
            async with asyncio.timeout(patience_seconds):
                await self._process.wait()
        except TimeoutError:
            is_killed = True
        finally:
            # A cancellation here leaves no process behind either.
            if self._process.returncode is None:
                self._process.kill()
            code = await self._process.wait()
            self._writer.close()
        if is_killed:
            log.warning("worker.killed pid=%d it did not end by itself", self.pid)
        else:
            level = logging.WARNING if code else logging.INFO
            log.log(level, "worker.ended pid=%d %s", self.pid, explain_exit(code))


def explain_exit(code: int) -> str:
    """Return in words how a process ended."""
    if code >= 0:
        return f"with code {code}"
    if -code == signal.SIGKILL:
        return "by SIGKILL: probably out of memory"
    return f"by signal {-code} ({signal.strsignal(-code)})"


def _has_fileno() -> bool:
    try:
        sys.stderr.fileno()
    except (OSError, AttributeError, ValueError):
        return False
    return True
