"""Change the prompt of live music: by command, by form, or by messages in the voice chat."""

from __future__ import annotations

import re

import discord

from bot.app.client import ZhiyinBot
from bot.domain.live_words import MAX_LIVE_CHARACTERS, with_words
from bot.domain.radio import RadioSource
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from cogs.presentation import radio_messages
from cogs.presentation.prompts import clean_prompt
from cogs.requests.mentions import asks_clearly
from cogs.requests.radio_control import radios_of, require_listener
from cogs.requests.radio_session import RadioSession
from cogs.requests.steering_cooldown import SteeringTooSoon

_REFERENCE = re.compile(r"<(?:@[!&]?|#)\d+>")


NO_WORDS = Sentence("There are no words in it.")


def clean_words(text: str) -> str:
    """Return words as they are heard and shown. Raises RequestError for none, and too many."""
    words = clean_prompt(text)
    if words is None:
        raise RequestError(NO_WORDS)
    if len(words) > MAX_LIVE_CHARACTERS:
        raise RequestError(radio_messages.TOO_LONG.fill(most=MAX_LIVE_CHARACTERS))
    return words


async def check_steering(bot: ZhiyinBot, person: discord.abc.User, radio: RadioSession) -> None:
    """Raise RequestError if a person may not steer, or no live music plays."""
    await require_listener(bot, person, radio)
    if radio.plan.source is not RadioSource.LIVE:
        raise RequestError(radio_messages.NOT_LIVE)


async def steer(
    bot: ZhiyinBot, person: discord.abc.User, radio: RadioSession, text: str, weight: float
) -> Sentence:
    """Change the prompt of live music; return the answer. Raises RequestError.

    Raises SteeringTooSoon within the cooldown.
    """
    await check_steering(bot, person, radio)
    words = clean_words(text)
    await bot.service.word_filter.check(radio.plan.guild_id, words)
    radio.pauses.note(person.id)
    await radio.steer(with_words(radio.plan.words, words, weight))
    listed = radio_messages.list_words(radio.plan.words)
    return radio_messages.STEERED.fill(who=person.mention, words=listed)


def steered_by(bot: ZhiyinBot, message: discord.Message) -> tuple[RadioSession, str] | None:
    """Return the live radio that a message steers, and the words; None for other messages.

    It is a message in the voice chat of a live radio, without reference to a clip or sound, and
    neither a question nor small talk.
    """
    if (
        message.guild is None
        or bot.user is None
        or message.attachments
        or message.reference is not None
    ):
        return None
    radio = radios_of(bot).of(message.guild.id)
    if radio is None or message.channel.id != radio.channel.id:
        return None
    words = clean_prompt(_REFERENCE.sub(" ", message.content))
    if radio.plan.source is not RadioSource.LIVE or words is None:
        return None
    if not asks_clearly(message.content, bot.user.id):
        return None
    return radio, words


async def steer_by_message(
    bot: ZhiyinBot, message: discord.Message, radio: RadioSession, text: str
) -> Sentence | None:
    """Steer by a message; return the answer, if any. Raises RequestError.

    A person within the cooldown is told once to wait.
    """
    try:
        answer = await steer(bot, message.author, radio, text, 1.0)
    except SteeringTooSoon as error:
        return error.sentence if radio.pauses.should_tell_to_wait(message.author.id) else None
    await radio.show()
    return answer
