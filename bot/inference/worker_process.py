"""The backend for local workers: a process, and a private socket to it."""

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
"""What a worker opens, as "module:function"; imported only in the worker process."""

_STOP_SECONDS = 2.0


class ProcessBackend:
    """Starts workers as local processes."""

    MODULE = "bot.inference.worker"
    """The module that the process runs."""

    def __init__(self, config: Config, *, engine: str | None = None) -> None:
        """Take the settings; `engine` names what a worker opens instead of the model."""
        self._config, self._engine = config, engine or ENGINE

    async def start(self) -> WorkerProcess:
        """Start a process that loads the model; it gets no token and no database.

        Raises OSError if it can't be started.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            reader, writer = await asyncio.open_connection(sock=ours)
            try:
                # The last await: a cancellation after it would orphan the process.
                process = await self._spawn(theirs.fileno())
            except BaseException:
                writer.close()
                raise
        log.info("worker.started pid=%d", process.pid)
        return WorkerProcess(process, reader, writer)

    async def close(self) -> None:
        """Do nothing: there is nothing beside the workers."""

    async def _spawn(self, fd: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            # Nothing is imported from the present folder: a stranger's bot.py may be there.
            "-P",
            "-m",
            self.MODULE,
            str(fd),
            json.dumps(self._settings()),
            pass_fds=(fd,),
            stdin=asyncio.subprocess.DEVNULL,
            # Libraries print to standard output, which is the bot's.
            stdout=sys.stderr.fileno() if _has_fileno() else None,
            env=self._environment(),
            # A terminal sends Ctrl-C to its whole process group, and MindSpore, once loaded,
            # handles SIGINT by ending the process.
            start_new_session=True,
        )

    def _environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if "TOKEN" not in name.upper()}

    def _settings(self) -> dict[str, Any]:
        """Return the settings that a worker needs: nothing of account and storage."""
        sections = ("model", "generation", "engine", "limits", "log", "worker")
        return {
            "config": {name: asdict(getattr(self._config, name)) for name in sections},
            "engine": self._engine,
            "level": log.getEffectiveLevel(),
        }


class WorkerProcess:
    """A running local worker, and the socket to it."""

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
        """Return its name in the log."""
        return f"pid={self.pid}"

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._process.pid

    async def receive(self) -> FromWorker:
        """Wait for the next message.

        Raises EOFError when the worker has ended, ProtocolError for an invalid message.
        """
        try:
            return await receive(self._reader)
        except EOFError:
            self._has_left = True
            raise

    async def exit_code(self) -> int | None:
        """Wait until it has ended, and return its exit code; None if it does not end in time."""
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                return await self._process.wait()
        except TimeoutError:
            return None

    def send(self, message: ToWorker) -> None:
        """Send a message; messages to a dead worker are dropped.

        Raises ValueError if it can't be encoded.
        """
        if not self._writer.is_closing():
            self._writer.write(frame(message))

    async def stop(self) -> None:
        """Ask the process to end, kill it after a timeout, and wait until it has ended."""
        self.send(Shutdown())
        await self._end(_STOP_SECONDS)

    async def kill(self) -> None:
        """Kill the process and wait until it has ended."""
        # A process that closed its socket is ending: killing it would hide its exit code.
        await self._end(_STOP_SECONDS if self._has_left else 0.0)

    async def abandon(self) -> None:
        """Close the socket, which ends the process, and wait until it has ended."""
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
            # Also when this wait is cancelled, no process is left behind.
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
