"""Send the messages that show an order: the first response, and one per further take."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import discord

from bot.app.client import Interaction, ZhiyinBot
from bot.app.network_errors import NETWORK_ERRORS
from bot.domain.answers import OpenAnswer
from bot.domain.jobs import MessageHandle
from bot.i18n.sentence import Sentence
from cogs.posting.open_answers import end_answer
from cogs.posting.outages import is_outage
from cogs.presentation import messages
from cogs.presentation.renderers import own_locale, shared_locale
from cogs.requests.limits import is_reached_by_token_only

TOKEN_SECONDS = 15 * 60.0

_ACKNOWLEDGED = 40060

_PATIENCE_SECONDS = 5.0


async def send_first_response(
    interaction: Interaction,
    sentence: Sentence,
    *,
    key: str,
    in_place: bool = False,
    ephemeral: bool = False,
) -> MessageHandle:
    """Respond to an interaction, and return the handle of the response.

    The response is recorded as an open answer, under the key of its order, until that is accepted
    or the response is withdrawn. With `in_place` the message of the pressed button becomes the
    response. A response that arrived although Discord reported an error counts. Raises what
    discord.py raises if none arrived.
    """
    answers, locale = interaction.client.service.answers, _locale_of(interaction, ephemeral)
    text = interaction.client.languages.renderer(locale)(sentence)
    answer = _open_answer(interaction, key, text, locale)
    expires_at = interaction.client.clock() + TOKEN_SECONDS
    await answers.open(answer)
    try:
        if in_place and interaction.message is not None:
            await interaction.response.edit_message(content=text, view=None)
            message_id: int | None = interaction.message.id
        else:
            sent = await interaction.response.send_message(text, ephemeral=ephemeral)
            message_id = sent.message_id
    except (discord.HTTPException, *NETWORK_ERRORS) as error:
        message_id = await _find_response(interaction, error)
        if message_id is None:
            if not is_outage(error):
                await answers.close(key)
            raise
    if message_id is not None:
        await answers.record_shown(key, message_id)
    return MessageHandle(
        token=answer.token,
        expires_at=expires_at,
        message_id=message_id,
        max_bytes=interaction.filesize_limit,
    )


async def send_another_take(
    interaction: Interaction,
    own: MessageHandle,
    take: int,
    *,
    key: str,
    ephemeral: bool = False,
) -> MessageHandle:
    """Send the message of a further take, and return its handle; `own` is the first one's.

    It is an open answer, too, under the key of its own order.
    """
    answers, locale = interaction.client.service.answers, _locale_of(interaction, ephemeral)
    text = interaction.client.languages.renderer(locale)(messages.IN_LINE)
    answer = _open_answer(interaction, key, text, locale)
    # Without a message id the token would edit the first response.
    await answers.open(dataclasses.replace(answer, token=None))
    is_in_channel = not ephemeral and not is_reached_by_token_only(interaction)
    if is_in_channel and interaction.channel_id is not None:
        channel = interaction.client.get_partial_messageable(interaction.channel_id)
        try:
            # The nonce makes a retry idempotent: a message that was stored although an error came
            # back is not posted twice. Follow-ups by the token have none.
            send = partial(channel.send, text, nonce=f"{interaction.id}/{take}")
            retry = interaction.client.service.delivery_retry
            sent = await retry.call(send, retry_on=is_outage)
        except discord.HTTPException as error:
            if is_outage(error):
                raise  # it may have been stored: the next stop or start searches for it
            # No permission to send there; the token can.
        else:
            await answers.record_shown(key, sent.id)
            return dataclasses.replace(own, token=None, expires_at=0.0, message_id=sent.id)
    followed = await interaction.followup.send(text, wait=True, ephemeral=ephemeral)
    await answers.record_shown(key, followed.id, token=own.token)
    return dataclasses.replace(own, message_id=followed.id)


async def reply(
    message: discord.Message, bot: ZhiyinBot, sentence: Sentence, *, key: str, locale: str | None
) -> discord.Message:
    """Reply to a message that orders something; the reply is recorded as an open answer."""
    text = bot.languages.renderer(locale)(sentence)
    await bot.service.answers.open(
        OpenAnswer(key=key, channel_id=message.channel.id, text=text, locale=locale)
    )
    # The nonce makes a retry idempotent.
    try:
        send = partial(message.reply, text, nonce=key)
        shown = await bot.service.delivery_retry.call(send, retry_on=is_outage)
    except discord.HTTPException as error:
        if not is_outage(error):
            await bot.service.answers.close(key)
        raise
    await bot.service.answers.record_shown(key, shown.id)
    return shown


async def end_open_answer(bot: ZhiyinBot, key: str, sentence: Sentence | None = None) -> None:
    """End an open answer whose clip will not come: delete it, or replace it by a sentence.

    Continues in the background during an outage.
    """
    task = bot.commands_in_flight.begin(end_answer(bot, key, sentence), f"end answer {key}")
    await asyncio.wait([task], timeout=_PATIENCE_SECONDS)


@asynccontextmanager
async def thinking(interaction: Interaction, *, ephemeral: bool = False) -> AsyncIterator[None]:
    """Show "thinking" until the block has answered; the block's errors propagate."""
    async with recorded_answer(interaction, ephemeral=ephemeral):
        await interaction.response.defer(thinking=True, ephemeral=ephemeral)
        yield


@asynccontextmanager
async def recorded_answer(
    interaction: Interaction, *, ephemeral: bool = False
) -> AsyncIterator[None]:
    """Record an open answer for the duration of a block; a stop or start ends what is left.

    The block's errors propagate.
    """
    answers, key = interaction.client.service.answers, f"{interaction.id}/thinking"
    locale = _locale_of(interaction, ephemeral)
    await answers.open(_open_answer(interaction, key, "", locale))
    try:
        yield
    except Exception:
        await answers.close(key)
        raise
    await answers.close(key)


def _locale_of(interaction: Interaction, ephemeral: bool) -> str:
    return own_locale(interaction) if ephemeral else shared_locale(interaction)


def _open_answer(interaction: Interaction, key: str, text: str, locale: str) -> OpenAnswer:
    return OpenAnswer(
        key=key,
        channel_id=interaction.channel_id or 0,
        text=text,
        token=interaction.token,
        locale=locale,
    )


async def _find_response(interaction: Interaction, error: Exception) -> int | None:
    """Return the id of a response that was stored although an error came back."""
    if isinstance(error, discord.HTTPException):
        in_doubt = error.code == _ACKNOWLEDGED or error.status >= 500
        if not in_doubt:
            return None
    try:
        return (await interaction.original_response()).id
    except (discord.HTTPException, discord.ClientException, *NETWORK_ERRORS):
        return None
