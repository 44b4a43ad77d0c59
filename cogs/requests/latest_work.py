"""Work in the background that need only be done for the latest state."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


class LatestWork:
    """Does the same work one at a time, and once more if it was asked for meanwhile."""

    def __init__(self, work: Callable[[], Awaitable[object]], name: str) -> None:
        self._work, self._name = work, name
        self._is_wanted = False
        self._task: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Return whether the work is being done."""
        return self._task is not None and not self._task.done()

    def ask(self) -> None:
        """Have the work done soon."""
        self._is_wanted = True
        if not self.is_busy:
            self._task = asyncio.create_task(self._run(), name=self._name)

    async def end(self) -> None:
        """Give up what is not done yet."""
        self._is_wanted = False
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while self._is_wanted:
            self._is_wanted = False
            try:
                await self._work()
            except Exception:
                log.exception("work.failed name=%s", self._name)
