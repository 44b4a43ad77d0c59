"""Deliver clips: edit via interaction token, else via message id, else send a new message."""

from __future__ import annotations

import dataclasses
import io
import logging
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
import discord
from discord.ext import commands

from bot.app.client import ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.jobs import Job
from bot.domain.status import JobProgress
from bot.i18n.languages import Reader
from bot.i18n.sentence import Sentence
from bot.pipeline.packaging import PackedClip
from bot.pipeline.presenter import TooLarge, Undeliverable
from cogs.presentation import cards, messages
from cogs.presentation.prompts import quote_prompt
from cogs.views.cancel_button import CancelButton, cancel_view
from cogs.views.clip_buttons import ClipButton, clip_view

log = logging.getLogger(__name__)

# A token is valid for 15 minutes; don't rely on its last one.
_TOKEN_MARGIN_SECONDS = 60.0
# Blocked by a server's AutoMod, nearly always for the prompt.
_FILTERED = {200000, 200001, 240000}
_SEARCHED_MESSAGES = 50
_UNREACHABLE = (aiohttp.ClientError, OSError, TimeoutError)
_TOO_LARGE = {(413, 40005), (413, 0), (400, 40005)}
_TOKEN_EXPIRED = {(401, 50027), (404, 10015)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """Content of a job's message, independent of the way it is sent."""

    content: str
    view: discord.ui.View | None
    embeds: tuple[discord.Embed, ...] = ()
    posting: PackedClip | None = None
    keeps_files: bool = True
    """Whether an edit without files keeps those that the message has."""

    def files(self) -> list[discord.File]:
        """Return fresh file objects: each attempt reads them to the end."""
        if self.posting is None:
            return []
        return [
            discord.File(io.BytesIO(self.posting.data), self.posting.name),
            discord.File(io.BytesIO(self.posting.picture), cards.PICTURE),
        ]

    def as_edit(self) -> dict[str, Any]:
        """Return the arguments of an edit."""
        return {
            "content": self.content,
            "embeds": list(self.embeds),
            "view": self.view,
            "attachments": self.files() or (discord.utils.MISSING if self.keeps_files else []),
        }


class Delivery(commands.Cog):
    """The `Presenter` on Discord: shows progress, posts clips, tells failures."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._expired_tokens: set[int] = set()
        self._retry = bot.service.delivery_retry

    def _readers(self, job: Job) -> Reader:
        return self.bot.languages.reader(job.order.locale)

    def max_bytes(self, job: Job) -> int:
        """Return the largest file that the job's channel takes."""
        return job.message.max_bytes

    async def show(self, job: Job, standing: JobProgress) -> None:
        """Show a job's progress. Best effort: errors are ignored."""
        try:
            read = self._readers(job)
            content = read(messages.progress(job, standing))
            await self._edit(job, _Message(content=content, view=cancel_view(read, job.id)))
        except (discord.HTTPException, Undeliverable, *_UNREACHABLE) as error:
            log.debug("job.not_shown id=%d %s", job.id, error)

    async def post(self, job: Job, clip: Clip, posting: PackedClip, *, once_more: bool) -> int:
        """Post the clip by the first way that works. Raises TooLarge and Undeliverable."""
        parent, read = None, self._readers(job)
        if clip.parent_ids:
            parent = await self.bot.service.clips.find(clip.parent_ids[0])
        message = _Message(
            content=messages.mention_owner(job),
            embeds=(cards.card(read, clip, parent),),
            view=clip_view(read, clip),
            posting=posting,
        )
        without_words = dataclasses.replace(
            message, embeds=(cards.card(read, clip, parent, words=False),)
        )
        try:
            for way in (self._edit, self._send, self._send_direct):
                # A bot that was killed may have posted it without recording that.
                if (
                    once_more
                    and way == self._send
                    and (found := await self._find_posted(job, posting))
                ):
                    return found
                for variant in (message, without_words):
                    try:
                        attempt = partial(way, job, variant)
                        return await self._retry.call(attempt, retry_on=_is_outage)
                    except discord.HTTPException as error:
                        if error.code not in _FILTERED or variant is without_words:
                            self._log_failed_way(job, way.__name__, error)
                            break
                        log.info("job.words_filtered id=%d", job.id)
                    except (Undeliverable, *_UNREACHABLE) as error:
                        log.info("job.way_failed id=%d way=%s %r", job.id, way.__name__, error)
                        break
        finally:
            self._expired_tokens.discard(job.id)
        raise Undeliverable("every way failed")

    def _log_failed_way(self, job: Job, way: str, error: discord.HTTPException) -> None:
        """Log why a way failed. Raises TooLarge where a smaller file would do."""
        if error.status == 413 or (error.status, error.code) in _TOO_LARGE:
            raise TooLarge from error
        log.warning(
            "job.way_failed id=%d way=%s status=%d code=%d", job.id, way, error.status, error.code
        )

    async def _find_posted(self, job: Job, posting: PackedClip) -> int | None:
        """Return the message among the channel's latest that has the clip already."""
        channel = self.bot.get_partial_messageable(job.order.origin.channel_id)
        try:
            async for message in channel.history(limit=_SEARCHED_MESSAGES):
                if any(file.filename == posting.name for file in message.attachments):
                    return message.id
        except (discord.HTTPException, *_UNREACHABLE) as error:
            log.info("job.search_failed id=%d %r", job.id, error)
        return None

    async def tell(self, job: Job, sentence: Sentence) -> None:
        """Tell why a job ended without a clip. Best effort: errors are ignored."""
        text = self._readers(job)(
            Sentence(
                "{owner} {what}: {sentence}",
                owner=messages.mention_owner(job),
                what=quote_prompt(job.order.prompt),
                sentence=sentence,
            )
        )
        for way in (self._edit, self._send, self._send_direct):
            try:
                # Remove files: Discord may have stored a clip and reported an error.
                await way(job, _Message(content=text, view=None, keeps_files=False))
                return
            except (discord.HTTPException, Undeliverable, *_UNREACHABLE) as error:
                log.info("job.not_told id=%d way=%s %s", job.id, way.__name__, error)

    async def _edit(self, job: Job, message: _Message) -> int:
        """Edit the job's message, via the token or via the message id."""
        handle = job.message
        if handle.message_id is None:
            raise Undeliverable("there is no message to edit")
        young = self.bot.clock() < handle.expires_at - _TOKEN_MARGIN_SECONDS
        young = young and job.id not in self._expired_tokens
        if handle.token is not None and young and self.bot.application_id is not None:
            webhook = discord.Webhook.partial(
                self.bot.application_id, handle.token, client=self.bot
            )
            try:
                return (await webhook.edit_message(handle.message_id, **message.as_edit())).id
            except discord.HTTPException as error:
                if (error.status, error.code) not in _TOKEN_EXPIRED:
                    raise
                # Discord bans clients that keep causing 401 answers.
                self._expired_tokens.add(job.id)
        channel = self.bot.get_partial_messageable(job.order.origin.channel_id)
        await channel.get_partial_message(handle.message_id).edit(**message.as_edit())
        return handle.message_id

    async def _send(self, job: Job, message: _Message) -> int:
        """Post a new message in the channel of the request."""
        channel = self.bot.get_partial_messageable(job.order.origin.channel_id)
        return await _send_to(channel, job, message)

    async def _send_direct(self, job: Job, message: _Message) -> int:
        """Send a direct message to the person."""
        user = await self.bot.fetch_user(job.order.origin.user_id)
        return await _send_to(user, job, message)


def _is_outage(error: Exception) -> bool:
    """Tell whether Discord itself, or the network to it, is in trouble.

    Falling back to the next way during an outage could post the same clip twice.
    """
    if isinstance(error, discord.HTTPException):
        # 429: a rate limit that lasts longer than discord.py itself waits for.
        return error.status >= 500 or error.status == 429
    if isinstance(error, _UNREACHABLE):
        log.info("discord.unreachable %s", type(error).__name__)
        return True
    return False


async def _send_to(where: discord.abc.Messageable, job: Job, message: _Message) -> int:
    kind = "note" if message.posting is None else "clip"
    sent = await where.send(
        content=message.content,
        embeds=list(message.embeds),
        files=message.files(),
        view=message.view or discord.utils.MISSING,
        allowed_mentions=discord.AllowedMentions(users=[discord.Object(job.order.origin.user_id)]),
        # Makes a retry idempotent: Discord drops a second message with the same nonce.
        nonce=f"{kind}-{job.id}",
    )
    return sent.id


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog, and register the buttons under what it posts."""
    bot.add_dynamic_items(ClipButton, CancelButton)
    await bot.add_cog(Delivery(bot))
