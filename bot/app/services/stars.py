"""The stars that people give to clips."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from bot.domain.best_of import BestPost
from bot.domain.clips import Clip
from bot.store.store import Store

_DAY_SECONDS = 86_400.0


class Period(StrEnum):
    """Since when stars are counted."""

    DAY = "day"
    WEEK = "week"
    ALL = "all"


_SECONDS = {Period.DAY: _DAY_SECONDS, Period.WEEK: 7 * _DAY_SECONDS}


class StarService:
    """Gives stars and takes them back, and tells which clips have the most."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._stars, self._clock = store.stars, clock
        self._best = store.best_of

    async def give(self, clip: Clip, user_id: int) -> bool:
        """Star a clip for a person; return whether it was not starred by them before."""
        return await self._stars.give(clip, user_id)

    async def take_back(self, clip: Clip, user_id: int) -> bool:
        """Take a person's star back; return whether there was one."""
        return await self._stars.take_back(clip, user_id)

    async def favourites(self, user_id: int, limit: int) -> list[Clip]:
        """Return the clips that a person has starred, the latest first."""
        return await self._stars.of_user(user_id, limit)

    async def top(self, guild_id: int, period: Period, limit: int) -> list[tuple[Clip, int]]:
        """Return a server's clips with the most stars of a period, and how many they got then."""
        if period is Period.ALL:
            return [(clip, clip.stars) for clip in await self._stars.top(guild_id, limit)]
        since = self._clock() - _SECONDS[period]
        return await self._stars.top_since(guild_id, since, limit)

    async def begin_best_of(self, guild_id: int, channel_id: int, stars: int) -> None:
        """Collect a server's clips with so many stars in a channel from now on."""
        await self._best.set(guild_id, channel_id, stars)

    async def end_best_of(self, guild_id: int) -> None:
        """Collect them no more."""
        await self._best.clear(guild_id)

    async def best_of_due(self) -> list[BestPost]:
        """Return what is to be posted among the best, changed or deleted there."""
        return await self._best.due()

    async def record_best(self, post: BestPost, message_id: int | None, stars: int) -> None:
        """Record the message of a post and the stars that it shows; None where it can't be."""
        await self._best.record(post.clip_id, message_id, stars)

    async def delete_best(self, post: BestPost) -> None:
        """Forget a post whose clip is gone, or not for everybody."""
        await self._best.delete_post(post.clip_id)
