"""End the answers that no job stands behind, wherever they are and whatever state Discord is in."""

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
# The answer to the interaction itself, in the place of a message's id.
_FIRST_ANSWER = "@original"
_MOST_ALIKE = 50


async def end_answer(
    bot: ZhiyinBot, key: str, sentence: Sentence | None, *, before: datetime | None = None
) -> None:
    """Let an open answer say a sentence, or delete it, and strike it out.

    Where it is not known which message it is and its token has expired, those from `before` a time
    are looked at: later ones have a command that cares for them. Without a time it is left to the
    next stop or start, as is what an outage outlasts.
    """
    answer = await bot.service.answers.find(key)
    if answer is None:
        return
    text = None if sentence is None else bot.languages.reader(answer.locale)(sentence)
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
    """Change or delete the message by the first way that works; one that is gone needs none.

    Returns false where it may still be there: nobody has looked for it.
    """
    # Whether a token has expired is for Discord to say: our clock may have been wrong.
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
    """Return whether what was to be thought about was posted, and only not struck out."""
    if answer.text:
        return False
    # discord.py puts what it is given into the address.
    shown = await webhook.fetch_message(_FIRST_ANSWER)  # type: ignore[arg-type]
    return bool(shown.attachments or shown.embeds)


async def _find(bot: ZhiyinBot, answer: OpenAnswer, before: datetime) -> list[int]:
    """Return the messages that the answer may have become: all that say the same and hang.

    Which of them it is can't be told, and each of them is to be ended.
    """
    assert bot.user is not None
    if not answer.text:
        return []  # Discord itself ends what only shows that the bot thinks
    known = await bot.service.answers.known_messages()

    def is_it(message: discord.Message) -> bool:
        return message.content == answer.text and message.id not in known

    return await find_messages(
        bot.get_partial_messageable(answer.channel_id),
        is_it,
        author_id=bot.user.id,
        since_id=answer.since_id - 1,
        before_id=discord.utils.time_snowflake(before),
        most=_MOST_ALIKE,
    )


async def end_answers(
    bot: ZhiyinBot, answers: Sequence[OpenAnswer], sentence: Sentence, *, before: datetime
) -> None:
    """End several at once, but one by one those that have to be looked for: they look alike.

    Called before anybody is heard, or when nobody is any more, at the time `before`.
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
