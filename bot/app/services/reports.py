"""Reports of clips to the managers of a server."""

from __future__ import annotations

from bot.domain.clips import Clip
from bot.domain.reports import Report
from bot.store.store import Store

_AT_ONCE = 10


class ReportService:
    """Stores reports until managers have seen them, and for some time after."""

    def __init__(self, store: Store) -> None:
        self._reports = store.reports

    async def add(self, clip: Clip, user_id: int, words: str | None) -> bool:
        """Store a person's report of a clip; return whether it is their first."""
        return await self._reports.add(clip, user_id, words)

    async def to_post(self, guild_id: int) -> list[Report]:
        """Return the oldest reports that are not posted yet."""
        return await self._reports.to_post(guild_id, _AT_ONCE)

    async def record_posted(self, report: Report) -> None:
        """Record that a report is posted."""
        await self._reports.record_posted(report.id)
