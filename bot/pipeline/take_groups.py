"""In-memory coordination of the tasks whose takes share one message: a lock and wake-ups."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary


class TakeGroup:
    """The takes of one message: a lock on the message, and an event for changes."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        """Held while the message is edited, so that progress never overwrites the clips."""
        self.changed = asyncio.Event()
        """Set, and then replaced, when a take is generated or ends."""

    def notify_all(self) -> None:
        """Wake the tasks that wait for the other takes."""
        self.changed.set()
        self.changed = asyncio.Event()


class TakeGroups:
    """The groups of takes that are in flight, by their key."""

    def __init__(self) -> None:
        self._groups: WeakValueDictionary[str, TakeGroup] = WeakValueDictionary()
        self._waiting: set[int] = set()

    def of(self, group_key: str) -> TakeGroup:
        """Return the group with a key."""
        group = self._groups.get(group_key)
        if group is None:
            group = self._groups[group_key] = TakeGroup()
        return group

    @contextmanager
    def waiting(self, job_id: int) -> Iterator[None]:
        """Mark a generated take as waiting for the others."""
        self._waiting.add(job_id)
        try:
            yield
        finally:
            self._waiting.discard(job_id)

    def is_waiting(self, job_id: int) -> bool:
        """Return whether a take is generated and waits for the others."""
        return job_id in self._waiting
