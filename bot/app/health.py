"""Health: event loop lag, memory, uptime, connections, last error."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import psutil

from bot.domain.status import ShardStatus

_EVERY_SECONDS = 0.5
_REMEMBERED_SECONDS = 60.0


class Health(logging.Handler):
    """Measures the event loop and handles log records: keeps numbers and one line."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.begun_at = time.monotonic()
        self.last_error: str | None = None
        self._read_shards: Callable[[], Sequence[ShardStatus]] = tuple
        self._lags: deque[tuple[float, float]] = deque()

    @property
    def lag_seconds(self) -> float:
        """Return the largest lag of the event loop within the last minute."""
        return max((lag for _, lag in self._lags), default=0.0)

    @property
    def up_seconds(self) -> float:
        """Return for how long the bot has run."""
        return time.monotonic() - self.begun_at

    @property
    def memory_bytes(self) -> int:
        """Return the resident memory of the bot's own process."""
        return int(psutil.Process().memory_info().rss)

    @property
    def shards(self) -> tuple[ShardStatus, ...]:
        """Return how each connection to Discord is doing."""
        return tuple(self._read_shards())

    def watch_shards(self, read: Callable[[], Sequence[ShardStatus]]) -> None:
        """Take the function that reads the status of the connections to Discord."""
        self._read_shards = read

    def emit(self, record: logging.LogRecord) -> None:
        """Remember an error by its event name, which names no person and no prompt."""
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(record.created))
        self.last_error = f"{when} UTC {record.getMessage()[:200]}"

    async def watch(self) -> None:
        """Measure the lag of the event loop, forever."""
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            await asyncio.sleep(_EVERY_SECONDS)
            now = loop.time()
            self._lags.append((now, max(0.0, now - begun - _EVERY_SECONDS)))
            while self._lags[0][0] < now - _REMEMBERED_SECONDS:
                self._lags.popleft()


@asynccontextmanager
async def watch_health() -> AsyncIterator[Health]:
    """Lend the health of this process, measured while the block runs."""
    health, logger = Health(), logging.getLogger()
    logger.addHandler(health)
    watching = asyncio.create_task(health.watch(), name="health")
    try:
        yield health
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        logger.removeHandler(health)
