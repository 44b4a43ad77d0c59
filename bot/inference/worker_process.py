"""One worker process: started, listened to, and ended for certain."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import os
import signal
import socket
import sys
from typing import Self

from bot.config import Config
from bot.inference.protocol import FromWorker, Stop, ToWorker, packed, receive

log = logging.getLogger(__name__)

ENGINE = "bot.models.opening:open_engine"

_LEAVE_SECONDS = 2.0


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

    @classmethod
    async def start(cls, config: Config, engine: str) -> Self:
        """Start a process that loads the model. It knows no token and nothing of the database."""
        ours, theirs = socket.socketpair()
        # Of the bot's own account and storage nothing is said.
        told = {
            name: dataclasses.asdict(getattr(config, name))
            for name in ("model", "generation", "engine", "limits", "log", "worker")
        }
        settings = {
            "config": told,
            "engine": engine,
            "level": log.getEffectiveLevel(),
        }
        environment = {
            name: value for name, value in os.environ.items() if "TOKEN" not in name.upper()
        }
        with theirs:
            reader, writer = await asyncio.open_connection(sock=ours)
            try:
                # Last of all: whoever is interrupted after it would leave the process behind.
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "bot.inference.worker",
                    str(theirs.fileno()),
                    json.dumps(settings),
                    pass_fds=(theirs.fileno(),),
                    stdin=asyncio.subprocess.DEVNULL,
                    # What libraries print is no message of ours.
                    stdout=sys.stderr.fileno() if _has_fileno() else None,
                    env=environment,
                )
            except BaseException:
                writer.close()
                raise
        log.info("worker.started pid=%d", process.pid)
        return cls(process, reader, writer)

    @property
    def pid(self) -> int:
        """Return the process's number."""
        return self._process.pid

    async def receive(self) -> FromWorker:
        """Wait for the next message. Raises EOFError when the worker has gone."""
        try:
            return await receive(self._reader)
        except EOFError:
            self._has_left = True
            raise

    def send(self, message: ToWorker) -> None:
        """Say something; a worker that has gone does not hear it."""
        if not self._writer.is_closing():
            self._writer.write(packed(message))

    async def end(self, *, kindly: bool) -> None:
        """End the process: by asking first, or at once; return when it is gone."""
        if kindly:
            self.send(Stop())
        # One that closed its socket dies by itself: its own code says why, a kill would hide it.
        patience_seconds = _LEAVE_SECONDS if kindly or self._has_left else 0.0
        is_killed = False
        try:
            async with asyncio.timeout(patience_seconds):
                await self._process.wait()
        except TimeoutError:
            is_killed = True
        finally:
            # Whoever is interrupted here leaves no process behind either.
            if self._process.returncode is None:
                self._process.kill()
            code = await self._process.wait()
            self._writer.close()
        if is_killed:
            log.warning("worker.killed pid=%d it did not end by itself", self.pid)
        else:
            level = logging.WARNING if code else logging.INFO
            log.log(level, "worker.ended pid=%d %s", self.pid, why(code))


def why(code: int) -> str:
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
