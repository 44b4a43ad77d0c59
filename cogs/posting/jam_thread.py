"""Create a jam's announcement and its thread, exactly once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import discord

from bot import failpoints
from bot.app.client import ZhiyinBot
from bot.domain.jams import Jam, JamState
from bot.i18n.sentence import Sentence
from cogs.posting.message_search import find_own
from cogs.posting.outages import is_outage
from cogs.presentation import jam_messages

log = logging.getLogger(__name__)

_NOT_ALLOWED = {50001, 50013}
_HAS_A_THREAD, _TOO_MANY_THREADS = 160004, 160006
_ARCHIVE_MINUTES: Final = 10080
_NAME_CHARACTERS = 90


class ThreadLost(Exception):
    """The channel or thread is deleted, or Discord refuses to open it; `sentence` says why."""

    def __init__(self, sentence: Sentence = jam_messages.NOT_OPENED) -> None:
        super().__init__(sentence)
        self.sentence = sentence


async def open_jam_thread(bot: ZhiyinBot, jam_id: int) -> Jam:
    """Create the thread of a jam unless it exists; return the jam with it.

    Raises ThreadLost, also if the jam was abandoned, and what discord.py raises in an outage. What
    Discord refuses, it would refuse on each retry: then the jam is abandoned.
    """
    jams = bot.service.jams
    async with jams.opening(jam_id):
        jam = await jams.find(jam_id)
        if jam is None:
            raise ThreadLost
        if jam.thread_id is not None:
            return jam
        if jam.state is JamState.CLOSED:
            raise ThreadLost
        try:
            thread_id = await _make(bot, jam)
        except discord.HTTPException as error:
            if is_outage(error):
                raise
            log.warning("jam.refused id=%d code=%d", jam.id, error.code)
            await jams.abandon(jam.id)
            raise ThreadLost(_why(error)) from error
        await jams.record_thread(jam.id, thread_id)
        return replace(jam, thread_id=thread_id)


def _why(error: discord.HTTPException) -> Sentence:
    if error.code == _TOO_MANY_THREADS:
        return jam_messages.TOO_MANY_THREADS
    if error.code in _NOT_ALLOWED:
        return jam_messages.NO_THREADS
    return jam_messages.NOT_OPENED


async def _make(bot: ZhiyinBot, jam: Jam) -> int:
    """Post the announcement and open its thread, reusing what a previous run did."""
    render = bot.languages.renderer(jam.locale)
    channel = bot.get_partial_messageable(jam.channel_id, guild_id=jam.guild_id)
    footer = render(jam_messages.announcement_footer(jam))
    message_id = await find_own(bot, channel, has_footer(footer), since_id=int(jam.key))
    if message_id is None:
        snapshot = await bot.service.jams.snapshot(jam.id)
        assert snapshot is not None
        embed = jam_messages.announcement(render, snapshot, None)
        message_id = (await channel.send(embed=embed, nonce=f"jam-{jam.id}")).id
    await failpoints.reached("jam.announced")
    try:
        await channel.get_partial_message(message_id).create_thread(
            name=(jam.title or f"Jam {jam.id}")[:_NAME_CHARACTERS],
            auto_archive_duration=_ARCHIVE_MINUTES,
        )
    except discord.HTTPException as error:
        if error.code != _HAS_A_THREAD:
            if not is_outage(error):
                await _withdraw(channel, message_id)
            raise
    await failpoints.reached("jam.threaded")
    # A thread that begins with a message has its id.
    return message_id


async def _withdraw(channel: discord.PartialMessageable, message_id: int) -> None:
    """Delete an announcement without a thread. Raises what discord.py raises in an outage."""
    try:
        await channel.get_partial_message(message_id).delete()
    except discord.HTTPException as error:
        if is_outage(error):
            raise
        log.info("jam.announcement_not_deleted code=%d", error.code)


def has_footer(footer: str) -> Callable[[discord.Message], bool]:
    """Return a predicate for messages with a given footer."""
    return lambda message: any(embed.footer.text == footer for embed in message.embeds)
