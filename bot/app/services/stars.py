"""Stars: give and remove them, and list the clips with the most."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from bot.domain.best_of import BestPost
from bot.domain.clips import Clip
from bot.domain.sight import Sight
from bot.store.store import Store

_DAY_SECONDS = 86_400.0


class Period(StrEnum):
    """Since when stars are counted."""

    DAY = "day"
    WEEK = "week"
    ALL = "all"


_SECONDS = {Period.DAY: _DAY_SECONDS, Period.WEEK: 7 * _DAY_SECONDS}


class StarService:
    """Gives and removes stars."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._stars, self._clock = store.stars, clock
        self._best, self._history = store.best_of, store.clip_history

    async def give(self, clip: Clip, user_id: int) -> bool:
        """Star a clip for a person; return whether it was not starred by them before."""
        return await self._stars.give(clip, user_id)

    async def take_back(self, clip: Clip, user_id: int) -> bool:
        """Remove a person's star; return whether there was one."""
        return await self._stars.take_back(clip, user_id)

    async def favourites(self, user_id: int, sight: Sight, limit: int) -> list[Clip]:
        """Return a person's starred clips in sight, latest first."""
        return await self._history.starred_by(user_id, sight, "", 0, limit)

    async def top(
        self, guild_id: int, sight: Sight, period: Period, limit: int
    ) -> list[tuple[Clip, int]]:
        """Return a server's clips in sight with the most stars in a period, and their counts."""
        if period is Period.ALL:
            return [(clip, clip.stars) for clip in await self._stars.top(guild_id, sight, limit)]
        since = self._clock() - _SECONDS[period]
        return await self._stars.top_since(guild_id, sight, since, limit)

    async def begin_best_of(self, guild_id: int, channel_id: int, stars: int) -> None:
        """Set the channel of a server's best clips, and the stars a clip needs."""
        await self._best.set(guild_id, channel_id, stars)

    async def end_best_of(self, guild_id: int) -> None:
        """Stop collecting; existing posts stay."""
        await self._best.clear(guild_id)

    async def best_of_due(self) -> list[BestPost]:
        """Return the posts to be made, edited or deleted."""
        return await self._best.due()

    async def record_best(self, post: BestPost, message_id: int, stars: int) -> None:
        """Record a post's message and the stars it shows."""
        await self._best.record(post.clip_id, message_id, stars)

    async def delete_best(self, post: BestPost) -> None:
        """Delete the record of a post whose clip is deleted or not public, or can't be posted."""
        await self._best.delete_post(post.clip_id)
