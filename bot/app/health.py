"""How the bot is doing: how late its event loop is, its memory, and what went wrong last."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import deque
from pathlib import Path

_EVERY_SECONDS = 0.5
_REMEMBERED_SECONDS = 60.0
_STATM = Path("/proc/self/statm")


class Health(logging.Handler):
    """Watches the event loop and listens to the log; takes nothing but numbers and one line."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.begun_at = time.monotonic()
        self.last_error: str | None = None
        self._lags: deque[tuple[float, float]] = deque()

    @property
    def lag_seconds(self) -> float:
        """Return how late the event loop was at the most within the last minute."""
        return max((lag for _, lag in self._lags), default=0.0)

    @property
    def up_seconds(self) -> float:
        """Return for how long the bot has run."""
        return time.monotonic() - self.begun_at

    @property
    def memory_bytes(self) -> int:
        """Return how much memory the bot's own process holds; 0 where it can't be told."""
        try:
            pages = int(_STATM.read_text().split()[1])
        except OSError:
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE")

    def emit(self, record: logging.LogRecord) -> None:
        """Remember an error by its event, which names no person and no prompt."""
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(record.created))
        self.last_error = f"{when} UTC {record.getMessage()[:200]}"

    async def watch(self) -> None:
        """Measure how late the loop is, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            await asyncio.sleep(_EVERY_SECONDS)
            now = loop.time()
            self._lags.append((now, max(0.0, now - begun - _EVERY_SECONDS)))
            while self._lags[0][0] < now - _REMEMBERED_SECONDS:
                self._lags.popleft()
