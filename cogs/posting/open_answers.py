"""End open answers, by whichever route reaches them, despite outages of Discord."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial

import discord

from bot.app.client import ZhiyinBot
from bot.domain.answers import OpenAnswer
from bot.i18n.sentence import Sentence
from cogs.posting.message_search import find_messages
from cogs.posting.outages import is_outage

log = logging.getLogger(__name__)

_UNKNOWN_MESSAGE = 10008
# Discord's name of the first response to an interaction, used as a message id.
_FIRST_ANSWER = "@original"
_MOST_ALIKE = 50


async def end_answer(
    bot: ZhiyinBot, key: str, sentence: Sentence | None, *, before: datetime | None = None
) -> None:
    """Replace an open answer by a sentence, or delete it, and close it in the store.

    If its message id is unknown and its token has expired, messages from `before` a time are
    searched; later ones may belong to a running command. Without `before`, and in an outage, it is
    left to the next stop or start.
    """
    answer = await bot.service.answers.find(key)
    if answer is None:
        return
    text = None if sentence is None else bot.languages.renderer(answer.locale)(sentence)
    try:
        is_ended = await bot.service.delivery_retry.call(
            partial(_show, bot, answer, text, before), retry_on=is_outage
        )
    except Exception as error:
        if not is_outage(error):
            raise
        log.warning("answer.not_ended key=%s %r", key, error)
        return
    if is_ended:
        await bot.service.answers.close(key)


async def _show(
    bot: ZhiyinBot, answer: OpenAnswer, text: str | None, before: datetime | None
) -> bool:
    """Edit or delete the message by the first route that works; a deleted one is done.

    Returns False if it may still exist, because it was not searched for.
    """
    # Let Discord decide whether a token has expired: our clock may have been wrong.
    if answer.token is not None and bot.application_id:
        webhook = bot.webhook_of(answer.token)
        # discord.py puts what it is given into the address.
        message_id: int = answer.message_id or _FIRST_ANSWER  # type: ignore[assignment]
        try:
            if text is None:
                await webhook.delete_message(message_id)
            elif not await _is_answered(webhook, answer):
                await webhook.edit_message(message_id, content=text, view=None)
        except discord.HTTPException as error:
            if is_outage(error):
                raise
            if error.code == _UNKNOWN_MESSAGE:
                return True
        else:
            return True
    if answer.message_id is None and before is None:
        return False
    channel = bot.get_partial_messageable(answer.channel_id)
    try:
        ids = [] if answer.message_id is None else [answer.message_id]
        if not ids and before is not None:
            ids = await _find(bot, answer, before)
        for message_id in ids:
            message = channel.get_partial_message(message_id)
            if text is None:
                await message.delete()
            else:
                await message.edit(content=text, view=None)
    except discord.HTTPException as error:
        if is_outage(error):
            raise
        log.info("answer.out_of_reach key=%s code=%d", answer.key, error.code)
    return True


async def _is_answered(webhook: discord.Webhook, answer: OpenAnswer) -> bool:
    """Return whether a "thinking" response was answered, and only not closed in the store."""
    if answer.text:
        return False
    # discord.py puts what it is given into the address.
    shown = await webhook.fetch_message(_FIRST_ANSWER)  # type: ignore[arg-type]
    return bool(shown.attachments or shown.embeds)


async def _find(bot: ZhiyinBot, answer: OpenAnswer, before: datetime) -> list[int]:
    """Return the messages that may be the answer: all with the same text that are unfinished.

    They can't be told apart, and each of them has to be ended.
    """
    assert bot.user is not None
    if not answer.text:
        return []  # Discord itself ends "thinking" responses
    known = await bot.service.answers.known_messages()

    def is_match(message: discord.Message) -> bool:
        return message.content == answer.text and message.id not in known

    return await find_messages(
        bot.get_partial_messageable(answer.channel_id),
        is_match,
        author_id=bot.user.id,
        since_id=answer.since_id - 1,
        before_id=discord.utils.time_snowflake(before),
        most=_MOST_ALIKE,
    )


async def end_answers(
    bot: ZhiyinBot, answers: Sequence[OpenAnswer], sentence: Sentence, *, before: datetime
) -> None:
    """End several answers concurrently; those that must be searched for one by one.

    Called at the time `before`, when no command is running.
    """

    async def end(some: Sequence[OpenAnswer]) -> None:
        for answer in some:
            try:
                await end_answer(bot, answer.key, sentence, before=before)
            except Exception:
                log.exception("answer.not_ended key=%s", answer.key)

    sought = [each for each in answers if each.message_id is None]
    known = [each for each in answers if each.message_id is not None]
    await asyncio.gather(end(sought), *(end([each]) for each in known))
