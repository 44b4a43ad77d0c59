"""Run work for many keys concurrently, serialized per key, with a timeout for slow ones."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from weakref import WeakValueDictionary

TIMEOUT_SECONDS = 20.0

Work = Callable[[int], Awaitable[bool]]


class KeyedRunner:
    """Runs `work(key)` for many keys concurrently, never twice at once for the same key.

    The work returns whether all is done for its key; it must read at its start what is to be done.
    """

    def __init__(self, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._timeout_seconds = timeout_seconds
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._next: dict[int, asyncio.Task[bool]] = {}
        """The next run of each key that has not started; callers that come meanwhile share it."""
        self._all: set[asyncio.Task[bool]] = set()

    async def run_each(self, keys: Iterable[int], work: Work) -> bool:
        """Run the work for each key; return whether all is done.

        A run that exceeds the timeout continues in the background, and counts as not done.
        """
        tasks = [self._queue(key, work) for key in keys]
        if not tasks:
            return True
        done, slow = await asyncio.wait(tasks, timeout=self._timeout_seconds)
        return not slow and all([task.result() for task in done])

    async def stop(self) -> None:
        """Cancel all runs."""
        left = list(self._all)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _queue(self, key: int, work: Work) -> asyncio.Task[bool]:
        task = self._next.get(key)
        if task is None:
            task = self._next[key] = asyncio.create_task(self._run_in_turn(key, work))
            self._all.add(task)
            task.add_done_callback(self._all.discard)
        return task

    async def _run_in_turn(self, key: int, work: Work) -> bool:
        turn = self._locks.get(key)
        if turn is None:
            turn = self._locks[key] = asyncio.Lock()
        try:
            await turn.acquire()
        finally:
            # Changes from here on may be missed by this run: they need another one.
            del self._next[key]
        try:
            return await work(key)
        finally:
            turn.release()
