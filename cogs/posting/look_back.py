"""Find what was posted already, though nobody heard so: Discord forgets a nonce after minutes."""

from __future__ import annotations

import logging
from collections.abc import Callable

import discord

from cogs.posting.outages import is_outage

log = logging.getLogger(__name__)

_SEARCHED_MESSAGES = 500


async def find_message(
    place: discord.abc.Messageable,
    is_it: Callable[[discord.Message], bool],
    *,
    author_id: int,
    since_id: int | None,
) -> discord.Message | None:
    """Return the latest message of an author in a place that is the one, None where there is none.

    Looks at what came after the message `since_id`, and at no more than 500. Where the bot may not
    look there is none. Raises what discord.py raises in an outage: nobody knows then.
    """
    after = None if since_id is None else discord.Object(since_id)
    try:
        async for message in place.history(
            limit=_SEARCHED_MESSAGES, after=after, oldest_first=False
        ):
            if message.author.id == author_id and is_it(message):
                return message
    except discord.HTTPException as error:
        if is_outage(error):
            raise
        log.info("discord.not_searched status=%d code=%d", error.status, error.code)
    return None
