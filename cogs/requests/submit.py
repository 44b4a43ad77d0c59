"""From what a person typed to an order in line: the steps that all commands share."""

from __future__ import annotations

import dataclasses
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import discord

from bot import failpoints
from bot.app.attachment_fetch import too_large
from bot.app.client import ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.generation import Sampling
from bot.domain.jobs import (
    MAX_PROMPT_CHARACTERS,
    USUAL_MAX_BYTES,
    ClipSource,
    Kind,
    MessageHandle,
    Order,
    RequestOrigin,
    Source,
    UploadSource,
)
from bot.domain.limits import Limits
from bot.errors import Refused, RequestError, SoundError
from bot.i18n.sentence import Sentence
from cogs.presentation import messages
from cogs.presentation.errors import answer, say, sentence_for
from cogs.presentation.readers import shared_locale
from cogs.requests import responses
from cogs.requests.limits import is_reached_by_token_only, limits_for, place_of

log = logging.getLogger(__name__)

MAX_UPLOAD_BYTES = 10 * 2**20
MAX_SEED = 2**32 - 1
LONGEST_WAIT_SECONDS = 13 * 60.0
"""How long the wait may be where only the token reaches the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDraft:
    """What a person typed, before it is known whether it can be had."""

    kind: Kind
    prompt: str | None = None
    seconds: float | None = None
    takes: int = 1
    seed: int | None = None
    settings: Mapping[str, float | int | None] = dataclasses.field(default_factory=dict)
    attachment: discord.Attachment | None = None
    clip: Clip | None = None
    """The clip to go on from."""
    parent: Clip | None = None
    """The clip that this one is another take of."""
    source: Source | None = None
    keep_seconds: float | None = None
    include: bool = True
    keep_stems: tuple[str, ...] = ()
    """The stems of the clip that the new one has as they are."""
    as_loop: bool = False
    locale: str | None = None
    """The language of the messages that come of it."""


async def ordered(interaction: discord.Interaction[ZhiyinBot], wish: RequestDraft) -> None:
    """Answer an interaction with a place in line; every refusal is one sentence.

    Raises RequestError and SoundError before anything was shown to others.
    """
    bot = interaction.client
    place = place_of(interaction)
    parent = getattr(interaction.channel, "parent_id", None)
    limits, longest = await limits_for(bot, place, interaction.user, parent_channel_id=parent)
    if interaction.guild_id is not None and not interaction.app_permissions.attach_files:
        raise Refused(messages.NO_FILES)
    wish = dataclasses.replace(_checked(wish, bot, longest), locale=shared_locale(interaction))
    if is_reached_by_token_only(interaction):
        _check_wait(bot, wish)
    text = messages.LISTENING if wish.attachment else messages.IN_LINE
    if wish.kind is Kind.LOOP:
        text = messages.LOOPING
    # The answer comes first: if it fails, no job was made.
    own = shown = await responses.first(interaction, text)
    await failpoints.reached("order.answered")
    try:
        await _admitted(str(interaction.id), place, wish, limits, bot)
        source = await _source(bot, wish, place.user_id)
        for number, order in enumerate(_orders(str(interaction.id), place, wish, source, bot)):
            if number:
                shown = await responses.further(interaction, own, number)
            await bot.service.requests.submit(order, limits, shown)
    except (RequestError, SoundError) as error:
        # The sentence is for one person; what the others saw goes away.
        await responses.withdrawn(interaction, shown)
        await say(interaction, error.sentence)
    except Exception as error:
        await responses.withdrawn(interaction, shown)
        await answer(interaction, error)


async def ordered_by_message(message: discord.Message, bot: ZhiyinBot, wish: RequestDraft) -> None:
    """Answer a message with a place in line; one that was answered before is left alone."""
    if await bot.service.requests.is_known(_key(str(message.id), 0)):
        return
    place = RequestOrigin(
        user_id=message.author.id,
        channel_id=message.channel.id,
        guild_id=message.guild.id if message.guild else None,
    )
    parent = getattr(message.channel, "parent_id", None)
    shown, locale = None, str(message.guild.preferred_locale) if message.guild else None
    read = bot.languages.reader(locale)
    try:
        limits, longest = await limits_for(bot, place, message.author, parent_channel_id=parent)
        wish = dataclasses.replace(_checked(wish, bot, longest), locale=locale)
        shown = await message.reply(
            read(messages.LISTENING if wish.attachment else messages.IN_LINE)
        )
        await _admitted(str(message.id), place, wish, limits, bot)
        source = await _source(bot, wish, place.user_id)
        limit = message.guild.filesize_limit if message.guild else USUAL_MAX_BYTES
        for order in _orders(str(message.id), place, wish, source, bot):
            reached = MessageHandle(message_id=shown.id, max_bytes=limit)
            await bot.service.requests.submit(order, limits, reached)
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None:
            log.exception("message.failed id=%d", message.id)
            sentence = messages.UNEXPECTED
        if shown is None:
            await message.reply(read(sentence))
        else:
            await shown.edit(content=read(sentence))


async def _admitted(
    key: str, place: RequestOrigin, wish: RequestDraft, limits: Limits, bot: ZhiyinBot
) -> None:
    """Raise Refused before work is done for a file of someone who is refused anyway."""
    if wish.attachment is not None:
        await bot.service.requests.check(_orders(key, place, wish, None, bot)[0], limits)


def _checked(wish: RequestDraft, bot: ZhiyinBot, longest: float) -> RequestDraft:
    """Return a wish with its defaults; raises RequestError for what is too much.

    Raises Refused while there is no model to make anything with.
    """
    if wish.kind is Kind.LOOP:
        # Nothing is made, so nothing is counted.
        return dataclasses.replace(wish, seconds=0.0)
    if bot.service.requests.trouble is not None:
        raise Refused(bot.service.requests.trouble)
    prompt = messages.cleaned(wish.prompt)
    if wish.prompt is not None and prompt is None:
        raise RequestError(messages.NO_PROMPT)
    if prompt is not None and len(prompt) > MAX_PROMPT_CHARACTERS:
        raise RequestError(
            Sentence("A prompt may have {most} characters at most.", most=MAX_PROMPT_CHARACTERS)
        )
    seconds = min(bot.config.generation.default_seconds, longest)
    if wish.keep_stems and wish.clip is not None:
        seconds = min(max(1.0, round(wish.clip.seconds, 2)), longest)
    if wish.seconds is not None:
        seconds = wish.seconds
    if not 1 <= seconds <= longest:
        raise RequestError(
            Sentence("A clip may be from 1 to {longest:g} seconds long here.", longest=longest)
        )
    if not 1 <= wish.takes <= bot.config.limits.max_takes:
        raise RequestError(
            Sentence(
                "From 1 to {most} takes can be made at once.", most=bot.config.limits.max_takes
            )
        )
    if wish.attachment is not None and wish.attachment.size > MAX_UPLOAD_BYTES:
        raise too_large(MAX_UPLOAD_BYTES)
    return dataclasses.replace(wish, prompt=prompt, seconds=seconds)


def _check_wait(bot: ZhiyinBot, wish: RequestDraft) -> None:
    """Raise Refused for a clip that would not be ready before its token expires."""
    assert wish.seconds is not None
    expected = bot.service.requests.expected_seconds(wish.seconds * wish.takes)
    if expected is not None and expected > LONGEST_WAIT_SECONDS:
        raise Refused(messages.LONG_WAIT.fill(expected=messages.duration(expected)))


async def _source(bot: ZhiyinBot, wish: RequestDraft, user_id: int) -> Source | None:
    most = bot.config.generation.audio_prompt_max_seconds
    keep = min(most, wish.keep_seconds or most)
    if wish.source is not None:
        return wish.source
    if wish.clip is not None:
        return ClipSource(
            clip_id=wish.clip.id,
            keep_seconds=min(keep, wish.clip.seconds),
            include=wish.include,
            whole=wish.kind is Kind.CONTINUE,
            keep_stems=wish.keep_stems,
        )
    if wish.attachment is None:
        return None
    with bot.service.requests.receiving_file(user_id):
        data = await bot.fetch(wish.attachment.url, MAX_UPLOAD_BYTES)
        name, heard = await bot.service.requests.keep_upload(
            data, keep_seconds=keep, with_codes=bool(wish.keep_stems)
        )
    return UploadSource(
        file=name, keep_seconds=heard, include=wish.include, keep_stems=wish.keep_stems
    )


def _orders(
    key: str, place: RequestOrigin, wish: RequestDraft, source: Source | None, bot: ZhiyinBot
) -> list[Order]:
    """Return an order for each take, their seeds one after the other."""
    first = secrets.randbelow(MAX_SEED - wish.takes) if wish.seed is None else wish.seed
    assert wish.seconds is not None
    return [
        Order(
            key=_key(key, take),
            origin=place,
            kind=wish.kind,
            seconds=wish.seconds,
            seed=(first + take) % (MAX_SEED + 1),
            prompt=wish.prompt,
            sampling=_sampling(bot.sampling, wish.settings),
            source=source,
            parent_ids=tuple(clip.id for clip in (wish.parent or wish.clip,) if clip),
            as_loop=wish.as_loop,
            locale=wish.locale,
        )
        for take in range(wish.takes)
    ]


def _key(of_message: str, take: int) -> str:
    """Return what tells an order from all others, and the same when it is told twice."""
    return f"{of_message}/{take}"


def _sampling(usual: Sampling, settings: Mapping[str, float | int | None]) -> Sampling:
    chosen = {name: value for name, value in settings.items() if value is not None}
    if chosen.keys() & {"temperature", "top_k"}:
        chosen["greedy"] = False
    return dataclasses.replace(usual, **chosen)  # type: ignore[arg-type] # the names are its own
