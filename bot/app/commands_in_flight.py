"""The running commands, for which a stop waits with a timeout."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)

_END_SECONDS = 2.0
"""How long a cancelled command may take to clean up."""


class CommandsInFlight:
    """The tasks of running commands, which discord.py does not keep."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def track(self) -> None:
        """Track the calling task until it ends."""
        task = asyncio.current_task()
        if task is not None:
            self._keep(task)

    def begin(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run a task that may outlive its command."""
        task = asyncio.create_task(work, name=name)
        self._keep(task)
        return task

    async def finish(self, grace_seconds: float) -> None:
        """Wait for all tasks for at most `grace_seconds`, then cancel the rest."""
        # A task that ends may have started another.
        until = asyncio.get_running_loop().time() + grace_seconds
        while self._tasks and (left := until - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(set(self._tasks), timeout=left)
            await asyncio.sleep(0)
        tasks = set(self._tasks)
        for task in tasks:
            log.info("command.ended name=%s", task.get_name())
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_END_SECONDS)

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
