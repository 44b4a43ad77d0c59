"""Pages of /history."""

from __future__ import annotations

from bot.domain.history import CLIPS_A_PAGE, HistoryPage, HistoryQuery, HistoryScope
from bot.domain.sight import Sight
from bot.store.store import Store


class HistoryService:
    """Looks up pages."""

    def __init__(self, store: Store) -> None:
        self._clips = store.clip_history

    async def page(
        self, query: HistoryQuery, user_id: int, sight: Sight, guild_id: int | None = None
    ) -> HistoryPage:
        """Return a page for a person; of other people's clips, those in sight."""
        # One more than a page tells whether there is another page.
        offset, limit = query.page * CLIPS_A_PAGE, CLIPS_A_PAGE + 1
        match query.whose:
            case HistoryScope.MINE:
                found = await self._clips.of_person(user_id, query.words, offset, limit)
            case HistoryScope.STARRED:
                found = await self._clips.starred_by(user_id, sight, query.words, offset, limit)
            case HistoryScope.EVERYONE:
                assert guild_id is not None
                found = await self._clips.of_guild(guild_id, sight, query.words, offset, limit)
        return HistoryPage(
            query=query, clips=tuple(found[:CLIPS_A_PAGE]), has_more=len(found) > CLIPS_A_PAGE
        )
