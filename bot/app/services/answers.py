"""Open answers: responses for which no order is accepted yet.

They are recorded before they are shown, so that a crash never leaves one unfinished for ever.
"""

from __future__ import annotations

from bot.domain.answers import OpenAnswer
from bot.store.store import Store


class AnswerService:
    """The open answers; accepting an order closes the one that shows it."""

    def __init__(self, store: Store) -> None:
        self._open, self._jobs = store.open_answers, store.jobs

    async def open(self, answer: OpenAnswer) -> None:
        """Record an answer before it is shown."""
        await self._open.open(answer)

    async def record_shown(self, key: str, message_id: int, *, token: str | None = None) -> None:
        """Record the message id of an answer, and the token that edits it."""
        await self._open.record_shown(key, message_id, token=token)

    async def find(self, key: str) -> OpenAnswer | None:
        """Return an open answer by its key; None if it is closed."""
        return await self._open.get(key)

    async def all_open(self) -> list[OpenAnswer]:
        """Return all open answers."""
        return await self._open.all()

    async def close(self, key: str) -> None:
        """Close an answer that was finished or never shown."""
        await self._open.close(key)

    async def known_messages(self) -> set[int]:
        """Return the messages that show an unfinished job or an open answer."""
        jobs = [*await self._jobs.unfinished(), *await self._jobs.pending_notices()]
        ids = [job.message.message_id for job in jobs]
        ids += [answer.message_id for answer in await self._open.all()]
        return {id_ for id_ in ids if id_ is not None}
