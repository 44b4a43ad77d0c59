"""Pages of clips: a person's, a server's, and starred ones."""

from __future__ import annotations

from bot.domain.clips import Clip
from bot.domain.sight import Sight
from bot.store.clip_visibility import IS_FOR_ALL, IS_IN_SIGHT, seen_by
from bot.store.database import Database
from bot.store.erasure import NOT_FORGOTTEN
from bot.store.prompt_search import has_words, patterns
from bot.store.rows import CLIP_COLUMNS, clip_of

_CLIP = f"SELECT {CLIP_COLUMNS} FROM clips"  # noqa: S608 - ours


class ClipHistory:
    """Pages of clips that are not deleted, whose prompts contain all `words`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_person(self, user_id: int, words: str, offset: int, limit: int) -> list[Clip]:
        """Return a page of a person's clips, newest first."""
        rows = await self._database.all(
            f"{_CLIP} WHERE user_id = :user AND NOT is_deleted {has_words(words)} "
            f"AND {NOT_FORGOTTEN} ORDER BY id DESC LIMIT :limit OFFSET :offset",
            {"user": user_id, "offset": offset, "limit": limit} | patterns(words),
        )
        return [clip_of(row) for row in rows]

    async def of_guild(
        self, guild_id: int, sight: Sight, words: str, offset: int, limit: int
    ) -> list[Clip]:
        """Return a page of a server's clips in sight, newest first.

        Of other people only those that are posted, and no entries of running battles.
        """
        rows = await self._database.all(
            f"{_CLIP} INDEXED BY clips_by_guild "
            f"WHERE guild_id = :guild AND NOT is_deleted {has_words(words)} "
            f"AND {NOT_FORGOTTEN} AND {IS_IN_SIGHT} "
            f"AND (user_id = :viewer OR message_id IS NOT NULL AND {IS_FOR_ALL}) "
            "ORDER BY id DESC LIMIT :limit OFFSET :offset",
            {"guild": guild_id, "offset": offset, "limit": limit}
            | seen_by(sight)
            | patterns(words),
        )
        return [clip_of(row) for row in rows]

    async def starred_by(
        self, user_id: int, sight: Sight, words: str, offset: int, limit: int
    ) -> list[Clip]:
        """Return a page of a person's starred clips in sight, latest star first."""
        rows = await self._database.all(
            f"SELECT {CLIP_COLUMNS} FROM stars CROSS JOIN clips ON clips.id = clip_id "  # noqa: S608
            f"WHERE stars.user_id = :user AND NOT is_deleted {has_words(words)} "
            f"AND {IS_IN_SIGHT} AND {NOT_FORGOTTEN} "
            "ORDER BY stars.user_id, starred_at DESC LIMIT :limit OFFSET :offset",
            {"user": user_id, "offset": offset, "limit": limit} | seen_by(sight) | patterns(words),
        )
        return [clip_of(row) for row in rows]
