"""What the tasks of takes that share a message tell each other: all of it is in memory only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary


class Turn:
    """Of one message: who shows something in it, and when a take was made or has ended."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        """Held while something is shown: progress never covers the clips."""
        self.changed = asyncio.Event()
        """Set when a take was made or has ended; then there is a new one."""

    def tell(self) -> None:
        """Wake those who wait for the other takes."""
        self.changed.set()
        self.changed = asyncio.Event()


class TakeTurns:
    """The turns of the messages whose takes are on their way."""

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[str, Turn] = WeakValueDictionary()
        self._waiting: set[int] = set()

    def of(self, group_key: str) -> Turn:
        """Return the turn of a message."""
        turn = self._turns.get(group_key)
        if turn is None:
            turn = self._turns[group_key] = Turn()
        return turn

    @contextmanager
    def waiting(self, job_id: int) -> Iterator[None]:
        """Note that a take is made and waits for the others."""
        self._waiting.add(job_id)
        try:
            yield
        finally:
            self._waiting.discard(job_id)

    def is_waiting(self, job_id: int) -> bool:
        """Tell whether a take is made and waits for the others."""
        return job_id in self._waiting
