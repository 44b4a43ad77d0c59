"""End the answers that no job stands behind, wherever they are and whatever state Discord is in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

import discord

from bot.app.client import ZhiyinBot
from bot.domain.answers import OpenAnswer
from bot.i18n.sentence import Sentence
from cogs.posting.look_back import find_message
from cogs.posting.outages import is_outage

log = logging.getLogger(__name__)

_UNKNOWN_MESSAGE = 10008
# The answer to the interaction itself, in the place of a message's id.
_FIRST_ANSWER = "@original"


async def end_answer(bot: ZhiyinBot, key: str, sentence: Sentence | None) -> None:
    """Let an open answer say a sentence, or delete it, and strike it out.

    An outage is waited out; what outlasts that is ended by the next start.
    """
    answer = await bot.service.answers.find(key)
    if answer is None:
        return
    text = None if sentence is None else bot.languages.reader(answer.locale)(sentence)
    try:
        await bot.service.delivery_retry.call(partial(_show, bot, answer, text), retry_on=is_outage)
    except Exception as error:
        if not is_outage(error):
            raise
        log.warning("answer.not_ended key=%s %r", key, error)
        return
    await bot.service.answers.close(key)


async def _show(bot: ZhiyinBot, answer: OpenAnswer, text: str | None) -> None:
    """Change or delete the message by the first way that works; one that is gone needs none."""
    if answer.token is not None and bot.clock() < answer.expires_at and bot.application_id:
        webhook = bot.webhook_of(answer.token)
        # discord.py puts what it is given into the address.
        message_id: int = answer.message_id or _FIRST_ANSWER  # type: ignore[assignment]
        try:
            if text is None:
                await webhook.delete_message(message_id)
            else:
                await webhook.edit_message(message_id, content=text, view=None)
        except discord.HTTPException as error:
            if is_outage(error):
                raise
            if error.code == _UNKNOWN_MESSAGE:
                return
        else:
            return
    try:
        message_id = answer.message_id or await _find(bot, answer)
        if not message_id:
            return
        channel = bot.get_partial_messageable(answer.channel_id)
        message = channel.get_partial_message(message_id)
        if text is None:
            await message.delete()
        else:
            await message.edit(content=text, view=None)
    except discord.HTTPException as error:
        if is_outage(error):
            raise
        log.info("answer.out_of_reach key=%s code=%d", answer.key, error.code)


async def _find(bot: ZhiyinBot, answer: OpenAnswer) -> int:
    """Return the id of the message that an answer became, 0 where it was never shown."""
    assert bot.user is not None
    if not answer.text:
        return 0  # Discord itself ends what only shows that the bot thinks
    known = await bot.service.answers.known_messages()

    def is_it(message: discord.Message) -> bool:
        return message.content == answer.text and message.id not in known

    place = bot.get_partial_messageable(answer.channel_id)
    found = await find_message(place, is_it, author_id=bot.user.id, since_id=answer.since_id - 1)
    return 0 if found is None else found.id


async def end_answers(bot: ZhiyinBot, answers: Sequence[OpenAnswer], sentence: Sentence) -> None:
    """End several at once, but one by one those that have to be looked for: they look alike."""

    async def end(some: Sequence[OpenAnswer]) -> None:
        for answer in some:
            try:
                await end_answer(bot, answer.key, sentence)
            except Exception:
                log.exception("answer.not_ended key=%s", answer.key)

    sought = [each for each in answers if each.message_id is None]
    known = [each for each in answers if each.message_id is not None]
    await asyncio.gather(end(sought), *(end([each]) for each in known))
