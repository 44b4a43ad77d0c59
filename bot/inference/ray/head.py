"""Runs Ray's head node, which other machines join, as a child of the bot."""

from __future__ import annotations

import asyncio
import logging
import sys

from bot.i18n.sentence import Sentence
from bot.inference.ray.cluster import Cluster, head_command, node_process_command, own_environment
from bot.inference.ray.node_process import kill_node
from bot.inference.worker_troubles import CannotStart

log = logging.getLogger(__name__)

NO_HEAD = Sentence(
    "The place that other machines join can't be opened at port {port}; the bot's owner can see "
    "why in the log."
)

_START_SECONDS = 120.0
_STOP_SECONDS = 20.0
_LOOK_SECONDS = 0.25


class RayHead:
    """Ray's head node as a child process."""

    def __init__(self, cluster: Cluster, port: int, *, stop_seconds: float = _STOP_SECONDS) -> None:
        """Take the port to listen on; a head that takes longer to stop is killed."""
        self.cluster, self._port, self._stop_seconds = cluster, port, stop_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Start it unless it is running, and wait until it listens. Raises CannotStart."""
        async with self._starting:
            await self._start()

    async def _start(self) -> None:
        if self._process is not None and self._process.returncode is None:
            return
        if await self._listens():
            # Another program, or the head of a bot that was killed and is still ending.
            log.error("ray.port_taken port=%d", self._port)
            raise CannotStart(NO_HEAD.fill(port=self._port))
        self._process = await self._spawn()
        try:
            async with asyncio.timeout(_START_SECONDS):
                while not await self._listens():
                    if self._process.returncode is not None:
                        raise CannotStart(NO_HEAD.fill(port=self._port))
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError as error:
            await self.stop()
            raise CannotStart(NO_HEAD.fill(port=self._port)) from error
        except BaseException:
            await self.stop()
            raise
        log.info("ray.head port=%d", self._port)

    async def wait(self) -> None:
        """Wait until it has ended."""
        if self._process is not None:
            await self._process.wait()

    async def stop(self) -> None:
        """End it and all its processes."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(self._stop_seconds):
                await process.wait()
        except TimeoutError:
            log.warning("ray.head_killed pid=%d it did not end by itself", process.pid)
        finally:
            if process.returncode is None:
                kill_node(process.pid)
                await process.wait()

    async def _spawn(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *node_process_command(head_command(self._port)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=sys.stderr.fileno(),
            env=own_environment(self.cluster),
            start_new_session=True,
        )

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.close()
        return True
