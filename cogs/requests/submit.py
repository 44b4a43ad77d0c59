"""From a typed request to a queued job: the steps that all commands share."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from contextlib import ExitStack

import discord

from bot import failpoints
from bot.app.client import ZhiyinBot
from bot.domain.jobs import (
    MADE_BY_BOT,
    USUAL_MAX_BYTES,
    Kind,
    MessageHandle,
    Order,
    RequestOrigin,
    Source,
    UploadSource,
)
from bot.domain.limits import Limits, check_may_send_sound
from bot.errors import Refused
from cogs.presentation import jam_messages, messages
from cogs.presentation.errors import report_error, sentence_for
from cogs.presentation.renderers import locale_of_message, own_locale, shared_locale
from cogs.requests import responses
from cogs.requests.draft import (
    RequestDraft,
    by_message,
    make_orders,
    order_key,
    validate,
)
from cogs.requests.limits import is_reached_by_token_only, origin_of, resolve_limits
from cogs.requests.order_sources import name_of, resolve_source, with_words
from cogs.requests.secrecy import is_ordered_privately
from cogs.requests.unknown_words import show_unknown_words

log = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 13 * 60.0
"""The longest wait accepted where only the token, valid for 15 minutes, reaches the person."""


async def submit_request(
    interaction: discord.Interaction[ZhiyinBot],
    draft: RequestDraft,
    *,
    asked_by: discord.Message | None = None,
) -> None:
    """Answer an interaction and queue its order.

    `asked_by` is the message whose order a button confirms: it is ordered once however often the
    button is pressed, and shown in place of the button. Raises RequestError and SoundError before
    anything was shown; later failures are shown to the person, and public messages are withdrawn.
    """
    bot = interaction.client
    bot.commands_in_flight.track()
    origin = origin_of(interaction)
    parent = getattr(interaction.channel, "parent_id", None)
    limits, longest = await resolve_limits(bot, origin, interaction.user, parent_channel_id=parent)
    if interaction.guild_id is not None and not interaction.app_permissions.attach_files:
        raise Refused(messages.NO_FILES)
    preferences = await bot.service.people.preferences(origin.user_id)
    draft = validate(draft, bot, longest, preferences.seconds)
    is_private = asked_by is None and await is_ordered_privately(interaction, draft, preferences)
    locale = own_locale(interaction) if is_private else shared_locale(interaction)
    draft = dataclasses.replace(draft, locale=locale, is_private=is_private)
    if is_reached_by_token_only(interaction):
        _check_wait(bot, draft)
    text = messages.LISTENING if draft.attachment else messages.IN_LINE
    if draft.kind in MADE_BY_BOT:
        text = messages.LOOPING if draft.mix is None else messages.MIXING
    if draft.kind is Kind.JAM_MIX:
        text = jam_messages.MIXING_DOWN
    key = str(interaction.id if asked_by is None else asked_by.id)
    orders = make_orders(key, origin, draft, bot)
    # Check first: a refusal is private, and a public answer would have to be withdrawn.
    await _check(bot, orders[0], draft, limits)
    with ExitStack() as receiving:
        if draft.attachment is not None:
            receiving.enter_context(bot.service.requests.receiving_file(origin.user_id))
        # Answer before the job exists: if the answer fails, there is nothing to undo.
        answer = await responses.send_first_response(
            interaction,
            text,
            key=orders[0].key,
            in_place=asked_by is not None,
            ephemeral=orders[0].is_for_one,
        )
        await failpoints.reached("order.answered")
        await _queue(interaction, draft, orders, limits, answer, receiving)


async def _queue(
    interaction: discord.Interaction[ZhiyinBot],
    draft: RequestDraft,
    orders: Sequence[Order],
    limits: Limits,
    answer: MessageHandle,
    receiving: ExitStack,
) -> None:
    """Queue an order for each take, and report a failure to the person; `answer` shows the first.

    `receiving` counts the person's upload; it is closed once the file is decoded.
    """
    requests = interaction.client.service.requests
    source, shown_in, holding = None, answer, ExitStack()
    # The key of the answer without a job yet: only such an answer is withdrawn.
    open_answer_key: str | None = orders[0].key
    try:
        source = await resolve_source(interaction.client, draft)
        receiving.close()
        if isinstance(source, UploadSource):
            holding.enter_context(requests.holding_upload(source.file))
        complete = await with_words(interaction.client, orders[0], source)
        for number, together in enumerate(by_message(orders)):
            if number:
                await requests.check(together[0], limits)
                open_answer_key = together[0].key
                shown_in = await responses.send_another_take(
                    interaction,
                    answer,
                    number,
                    key=open_answer_key,
                    ephemeral=together[0].is_for_one,
                )
            completed = [
                dataclasses.replace(order, source=complete.source, prompt=complete.prompt)
                for order in together
            ]
            refused = await requests.submit_takes(completed, limits, shown_in)
            open_answer_key = None
            if refused is not None:
                raise refused
    except Exception as error:
        if open_answer_key is not None:
            await responses.end_open_answer(interaction.client, open_answer_key)
        await _release(interaction.client, source, holding)
        # Also the reason of a refusal, to the person alone.
        await report_error(interaction, error)
    else:
        await _release(interaction.client, source, holding)
        await show_unknown_words(interaction, draft)


async def _release(bot: ZhiyinBot, source: Source | None, holding: ExitStack) -> None:
    """Delete an upload that no take needs."""
    holding.close()
    if isinstance(source, UploadSource):
        await bot.service.requests.discard_upload(source.file)


async def submit_from_message(
    message: discord.Message, bot: ZhiyinBot, draft: RequestDraft
) -> None:
    """Reply to a message and queue its order. Idempotent: a repeated event is ignored."""
    if await bot.service.requests.is_known(order_key(str(message.id), 0)):
        return
    origin = RequestOrigin(
        user_id=message.author.id,
        channel_id=message.channel.id,
        guild_id=message.guild.id if message.guild else None,
    )
    parent = getattr(message.channel, "parent_id", None)
    bot.commands_in_flight.track()
    shown, source = None, None
    locale = locale_of_message(bot, message)
    key = order_key(str(message.id), 0)
    try:
        limits, longest = await resolve_limits(
            bot, origin, message.author, parent_channel_id=parent
        )
        if not _may_attach_files(bot, message):
            raise Refused(messages.NO_FILES)
        preferences = await bot.service.people.preferences(origin.user_id)
        draft = validate(draft, bot, longest, preferences.seconds)
        draft = dataclasses.replace(draft, locale=locale)
        (order,) = make_orders(str(message.id), origin, draft, bot)
        await _check(bot, order, draft, limits)
        with ExitStack() as receiving:
            if draft.attachment is not None:
                receiving.enter_context(bot.service.requests.receiving_file(origin.user_id))
            text = messages.LISTENING if draft.attachment else messages.IN_LINE
            shown = await responses.reply(message, bot, text, key=key, locale=locale)
            source = await resolve_source(bot, draft)
        limit = message.guild.filesize_limit if message.guild else USUAL_MAX_BYTES
        reached = MessageHandle(message_id=shown.id, max_bytes=limit)
        order = await with_words(bot, order, source)
        await bot.service.requests.submit(order, limits, reached)
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None:
            log.exception("message.failed id=%d", message.id)
            sentence = messages.UNEXPECTED
        if isinstance(source, UploadSource):
            await bot.service.requests.discard_upload(source.file)
        if shown is None:
            await message.reply(bot.languages.renderer(locale)(sentence))
        else:
            await responses.end_open_answer(bot, key, sentence)


def _may_attach_files(bot: ZhiyinBot, message: discord.Message) -> bool:
    """Return whether the bot may post a clip where a message is, if the channel is cached."""
    channel = message.channel
    # A thread has the permissions of its channel.
    place = channel.parent if isinstance(channel, discord.Thread) else channel
    if message.guild is None or bot.user is None or not isinstance(place, discord.abc.GuildChannel):
        return True
    own = message.guild.get_member(bot.user.id)
    return own is None or place.permissions_for(own).attach_files


async def _check(bot: ZhiyinBot, order: Order, draft: RequestDraft, limits: Limits) -> None:
    """Raise RequestError if an order would be refused now; also checks the file's name."""
    if draft.attachment is not None:
        check_may_send_sound(limits)
        await bot.service.word_filter.check(order.origin.guild_id, name_of(draft))
    await bot.service.requests.check(order, limits)


def _check_wait(bot: ZhiyinBot, draft: RequestDraft) -> None:
    """Raise Refused for a clip that would not be ready before the token expires."""
    assert draft.seconds is not None
    expected = bot.service.requests.expected_seconds(draft.seconds * draft.takes)
    if expected is not None and expected > LONGEST_WAIT_SECONDS:
        raise Refused(messages.LONG_WAIT.fill(expected=messages.duration(expected)))
