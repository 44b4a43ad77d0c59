"""Do what is due in several places side by side, so that a slow one holds nobody else up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from weakref import WeakValueDictionary

TIMEOUT_SECONDS = 20.0

Work = Callable[[int], Awaitable[bool]]


class KeyedRunner:
    """Does the work of each place by itself, and that of one place once at a time.

    Work tells whether all is done there; it begins by reading what is to be done.
    """

    def __init__(self, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._timeout_seconds = timeout_seconds
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._next: dict[int, asyncio.Task[bool]] = {}
        """What waits for its turn in a place: all who come meanwhile share it."""
        self._all: set[asyncio.Task[bool]] = set()

    async def each(self, places: Iterable[int], work: Work) -> bool:
        """Do the work in each of the places; return whether all is done.

        What takes longer than the patience goes on by itself, and is not done yet.
        """
        tasks = [self._queue(place, work) for place in places]
        if not tasks:
            return True
        done, slow = await asyncio.wait(tasks, timeout=self._timeout_seconds)
        return not slow and all([task.result() for task in done])

    async def stop(self) -> None:
        """Break off what goes on."""
        left = list(self._all)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _queue(self, place: int, work: Work) -> asyncio.Task[bool]:
        task = self._next.get(place)
        if task is None:
            task = self._next[place] = asyncio.create_task(self._run_in_turn(place, work))
            self._all.add(task)
            task.add_done_callback(self._all.discard)
        return task

    async def _run_in_turn(self, place: int, work: Work) -> bool:
        turn = self._locks.get(place)
        if turn is None:
            turn = self._locks[place] = asyncio.Lock()
        try:
            await turn.acquire()
        finally:
            # What happens from here on it may not see: that takes another turn.
            del self._next[place]
        try:
            return await work(place)
        finally:
            turn.release()
