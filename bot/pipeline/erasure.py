"""Delete a user's data while their jobs may be queued, running or being delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

from bot.domain.jobs import Job
from bot.errors import Refused
from bot.i18n.sentence import Sentence
from bot.inference.executor import CANCELLED
from bot.store.store import Store

FORGETTING = Sentence("I'm deleting your data right now. Please wait a moment.")
ON_ITS_WAY = Sentence("This clip is on its way to you already.")
STILL_HANDED = Sentence(
    "One of your clips is on its way to you right now, so nothing is deleted yet. Please try "
    "again in a minute."
)

_ROUNDS = 20


class Erasure:
    """Ends a person's jobs, then deletes their data."""

    def __init__(
        self,
        store: Store,
        tasks: Mapping[int, asyncio.Task[None]],
        cancel: Callable[[int], Awaitable[bool]],
        notify: Callable[[int], Awaitable[None]],
        round_seconds: float,
    ) -> None:
        """Take the running tasks by job, and the functions that cancel a job and notify its person.

        Waiting for a delivery is done in rounds of `round_seconds`.
        """
        self._round_seconds = round_seconds
        self._store, self._tasks, self._cancel, self._notify = store, tasks, cancel, notify
        self._handed: dict[int, int] = {}
        self._forgetting: set[int] = set()

    @contextmanager
    def handing_over(self, clip_id: int, user_id: int) -> Iterator[None]:
        """Reserve a held clip while its person fetches it.

        Raises Refused if it is being fetched already, or its person's data is being deleted.
        """
        if user_id in self._forgetting:
            raise Refused(FORGETTING)
        if clip_id in self._handed:
            raise Refused(ON_ITS_WAY)
        self._handed[clip_id] = user_id
        try:
            yield
        finally:
            del self._handed[clip_id]

    async def forget(self, user_id: int) -> int:
        """Cancel a person's jobs, delete their clips and texts; return how many clips were deleted.

        Waits for deliveries in progress. Raises Refused if they take too long; then nothing is
        deleted. Orders that come afterwards are not affected.
        """
        if user_id in self._forgetting:
            raise Refused(FORGETTING)
        if user_id in self._handed.values():
            raise Refused(STILL_HANDED)
        self._forgetting.add(user_id)
        try:
            names = await self._forget(user_id)
        finally:
            self._forgetting.discard(user_id)
        for name in names:
            path = self._store.clips_folder / name
            await asyncio.to_thread(path.unlink, missing_ok=True)
        return len(names)

    async def _forget(self, user_id: int) -> list[str]:
        """Delete the data once no job is unfinished; new orders may arrive in between."""
        for _ in range(_ROUNDS):
            for job in await self._store.jobs.waiting_of(user_id):
                await self._end(job)
            names = await self._store.privacy.forget(user_id)
            if names is not None:
                return names
        raise Refused(STILL_HANDED)

    async def _end(self, job: Job) -> None:
        """Cancel a job and notify its person, or wait one round for it to end."""
        if await self._cancel(job.id):
            return
        if (task := self._tasks.get(job.id)) is not None:
            await asyncio.wait([task], timeout=self._round_seconds)
        elif await self._store.jobs.cancel(job.id, CANCELLED):
            # A task that is about to run it sees that it has ended, and sends no notice.
            await self._cancel(job.id)
            await self._notify(job.id)
        else:
            await asyncio.sleep(self._round_seconds)
