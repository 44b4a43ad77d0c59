"""The backend for workers on joined machines, with a relay process for each."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import Any

from bot.config import Config
from bot.i18n.sentence import Sentence
from bot.inference.protocol import FromWorker, ToWorker
from bot.inference.ray.cluster import WORKER_ENDED, Cluster
from bot.inference.ray.head import RayHead
from bot.inference.worker_process import ProcessBackend, WorkerProcess
from bot.inference.worker_troubles import CannotStart, MachineLost

log = logging.getLogger(__name__)

NO_CLUSTER = Sentence(
    "The machines that make music can't be reached; the bot's owner can see why in the log."
)


class RelayBackend(ProcessBackend):
    """Starts relays as local processes."""

    MODULE = "bot.inference.ray.relay"

    def __init__(self, config: Config, cluster: Cluster, *, engine: str | None = None) -> None:
        """Take the settings, and the address of the Ray cluster."""
        super().__init__(config, engine=engine)
        self._cluster = cluster

    def _environment(self) -> dict[str, str]:
        return self._cluster.environment(os.environ)

    def _settings(self) -> dict[str, Any]:
        settings = super()._settings() | {"ray": self._cluster.address}
        # The device of the bot's machine does not apply to other machines.
        settings["config"]["engine"]["device"] = "auto"
        return settings


class JoinedWorker:
    """A worker on another machine; the bot's end of its relay."""

    def __init__(self, relay: WorkerProcess, first: FromWorker) -> None:
        """Take the relay, and the worker's first message."""
        self._relay = relay
        self._first: FromWorker | None = first

    @property
    def name(self) -> str:
        """Return its name in the log."""
        return f"relay {self._relay.name}"

    @property
    def pid(self) -> int | None:
        """Return None: its process is on another machine."""
        return None

    def send(self, message: ToWorker) -> None:
        """Send a message without waiting. Raises ValueError if it can't be encoded."""
        self._relay.send(message)

    async def receive(self) -> FromWorker:
        """Wait for the next message. Raises EOFError, MachineLost and ProtocolError."""
        if self._first is not None:
            first, self._first = self._first, None
            return first
        try:
            return await self._relay.receive()
        except EOFError as error:
            if await self._relay.exit_code() in (WORKER_ENDED, None):
                raise
            raise MachineLost("the machine has gone") from error

    async def stop(self) -> None:
        """Ask the worker to end, kill its relay after a timeout, and wait until it has ended."""
        await self._relay.stop()

    async def kill(self) -> None:
        """Kill the relay; Ray then ends the worker."""
        await self._relay.kill()


class RayBackend:
    """Starts a worker on the next machine with room, and waits until there is one."""

    def __init__(
        self, config: Config, cluster: Cluster, head: RayHead | None, *, engine: str | None = None
    ) -> None:
        """Take the cluster, and its `head` if the bot runs it."""
        self._relays = RelayBackend(config, cluster, engine=engine)
        self._head = head
        # Only one relay process at a time waits for a machine.
        self._next = asyncio.Lock()

    async def start(self) -> JoinedWorker:
        """Wait for a machine with room, and start a worker there. Raises CannotStart, OSError."""
        async with self._next:
            if self._head is not None:
                await self._head.start()
            relay = await self._relays.start()
            try:
                first = await self._first_message(relay)
            except EOFError as error:
                await relay.kill()
                raise CannotStart(NO_CLUSTER) from error
            except BaseException:
                await relay.abandon()
                raise
            return JoinedWorker(relay, first)

    async def _first_message(self, relay: WorkerProcess) -> FromWorker:
        """Wait for a worker's first message. Raises EOFError when its relay or the head ends."""
        heard = asyncio.create_task(relay.receive())
        ended = asyncio.create_task(self._head.wait() if self._head else asyncio.Event().wait())
        try:
            # A waiting relay takes minutes to notice that the head has ended.
            await asyncio.wait((heard, ended), return_when=asyncio.FIRST_COMPLETED)
            if not heard.done():
                raise EOFError("the head has gone")
            return heard.result()
        finally:
            heard.cancel()
            ended.cancel()

    async def close(self) -> None:
        """End Ray's head, if the bot runs it."""
        if self._head is not None:
            await self._head.stop()


def open_ray(config: Config, folder: Path, *, engine: str | None = None) -> RayBackend:
    """Return the configured backend. Raises ZhiyinError if Ray or its token is missing."""
    from bot.inference.ray.cluster import bot_token, parse_address, require_ray

    require_ray()
    worker = config.worker
    token = bot_token(folder, os.environ)
    if worker.ray_address:
        cluster = Cluster(address=parse_address(worker.ray_address), token=token)
        return RayBackend(config, cluster, None, engine=engine)
    cluster = Cluster(address=f"127.0.0.1:{worker.ray_port}", token=token)
    return RayBackend(config, cluster, RayHead(cluster, worker.ray_port), engine=engine)
