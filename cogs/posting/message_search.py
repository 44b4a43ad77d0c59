"""Search for a message that was sent without confirmation; nonces expire after minutes."""

from __future__ import annotations

import logging
from collections.abc import Callable

import discord

from cogs.posting.outages import is_outage

log = logging.getLogger(__name__)

_SEARCHED_MESSAGES = 500


async def find_own(
    bot: discord.Client,
    place: discord.abc.Messageable,
    is_match: Callable[[discord.Message], bool],
    *,
    since_id: int | None,
) -> int | None:
    """Return the bot's latest message in a channel for which `is_match` holds; None without one.

    Only messages after `since_id` are searched. Raises what discord.py raises in an outage.
    """
    assert bot.user is not None
    found = await find_messages(place, is_match, author_id=bot.user.id, since_id=since_id)
    return found[0] if found else None


async def find_messages(
    place: discord.abc.Messageable,
    is_match: Callable[[discord.Message], bool],
    *,
    author_id: int,
    since_id: int | None,
    before_id: int | None = None,
    most: int = 1,
) -> list[int]:
    """Return up to `most` latest messages of an author in a channel for which `is_match` holds.

    Searches messages after `since_id` and before `before_id`, at most 500. Returns none where the
    bot may not read. Raises what discord.py raises in an outage, since the result is unknown then.
    """
    after, before = (None if id_ is None else discord.Object(id_) for id_ in (since_id, before_id))
    found: list[int] = []
    try:
        async for message in place.history(
            limit=_SEARCHED_MESSAGES, after=after, before=before, oldest_first=False
        ):
            if message.author.id == author_id and is_match(message):
                found.append(message.id)
                if len(found) == most:
                    break
    except discord.HTTPException as error:
        if is_outage(error):
            raise
        log.info("discord.not_searched status=%d code=%d", error.status, error.code)
    return found
