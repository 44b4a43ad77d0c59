"""Fetch the votes of a battle from its poll, once Discord says that they are final."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import discord

from bot.app.client import ZhiyinBot
from bot.domain.battles import Battle

log = logging.getLogger(__name__)

_UNKNOWN_MESSAGE = 10008
_ENDED_ALREADY = 520001


class PollLost(Exception):
    """The poll was deleted."""


async def fetch_votes(bot: ZhiyinBot, battle: Battle, now: float) -> Mapping[int, int] | None:
    """Return the votes by answer number; None while they are not final.

    A poll whose time is over is ended first. Raises PollLost, and what discord.py raises.
    """
    assert battle.poll_message_id is not None
    assert battle.poll_ends_at is not None
    channel = bot.get_partial_messageable(battle.channel_id)
    try:
        message = await channel.fetch_message(battle.poll_message_id)
        if message.poll is not None and not message.poll.is_finalised():
            if now < battle.poll_ends_at:
                return None
            await _end(message)
            message = await channel.fetch_message(battle.poll_message_id)
    except discord.NotFound as error:
        if error.code == _UNKNOWN_MESSAGE:
            raise PollLost from error
        raise
    if message.poll is None:
        raise PollLost
    if not message.poll.is_finalised():
        log.info("battle.not_final id=%d", battle.id)
        return None
    # Discord's own winner is missing after an early end and in a tie, so it is not used.
    return {answer.id: answer.vote_count for answer in message.poll.answers}


async def _end(message: discord.Message) -> None:
    try:
        await message.end_poll()
    except discord.HTTPException as error:
        if error.code != _ENDED_ALREADY:
            raise
