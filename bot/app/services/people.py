"""A person's quota, preferences and data."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.app.services.languages import LanguageService
from bot.domain.limits import Limits, Quota
from bot.domain.preferences import Preferences
from bot.pipeline.personal_archive import pack_pages
from bot.pipeline.service import Pipeline


class PeopleService:
    """A person's own quota, preferences and data."""

    def __init__(self, pipeline: Pipeline, languages: LanguageService) -> None:
        self._privacy, self._store = pipeline.erasure, pipeline.store
        self._languages = languages

    async def quota(self, user_id: int, limits: Limits) -> Quota:
        """Return a person's quota of today."""
        return await self._store.ledger.quota(
            user_id, limits.daily_seconds, limits.most_daily_seconds
        )

    def day_resets_at(self) -> float:
        """Return when the next quota day begins, in seconds since 1970."""
        return self._store.ledger.resets_at()

    def export(self, user_id: int, max_bytes: int) -> AsyncIterator[bytes]:
        """Yield all data of a person as zip files of at most `max_bytes`."""
        return pack_pages(self._store.privacy.export(user_id), max_bytes)

    async def delete(self, user_id: int) -> int:
        """Cancel a person's jobs and delete their clips and texts; return how many clips.

        Raises Refused if a clip of theirs is being posted; then nothing is deleted.
        """
        deleted = await self._privacy.forget(user_id)
        self._languages.note_person(user_id, None)
        return deleted

    async def preferences(self, user_id: int) -> Preferences:
        """Return a person's preferences."""
        return await self._store.preferences.of(user_id)

    async def set_preferences(self, user_id: int, wanted: Preferences) -> None:
        """Store a person's preferences."""
        await self._store.preferences.set(user_id, wanted)
        self._languages.note_person(user_id, wanted.language)
