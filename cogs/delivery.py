"""How a job's message is reached: by the token while it is young, then by its id, then anew."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import logging
from collections.abc import Awaitable, Callable
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
from cogs.views.cancel_button import CancelButton, cancel_view
from cogs.views.clip_buttons import ClipButton, clip_view

log = logging.getLogger(__name__)

# A token lives for 15 minutes; in the last one it is not relied on.
_TOKEN_MARGIN_SECONDS = 60.0
RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_LONG_PAUSES_SECONDS = (60.0,) * 60
# What a server's own filter holds back is nearly always the words.
_FILTERED = {200000, 200001, 240000}
_LOOKED_BACK = 50
_UNREACHABLE = (aiohttp.ClientError, OSError, TimeoutError)
_TOO_LARGE = {(413, 40005), (413, 0), (400, 40005)}
_TOKEN_OVER = {(401, 50027), (404, 10015)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """What a job's message says; the same whichever way it is sent."""

    content: str
    view: discord.ui.View | None
    embeds: tuple[discord.Embed, ...] = ()
    posting: PackedClip | None = None
    keeps_files: bool = True
    """Whether an edit without new files leaves those that are there."""

    def files(self) -> list[discord.File]:
        """Return the files anew: each try reads them to their end."""
        if self.posting is None:
            return []
        return [
            discord.File(io.BytesIO(self.posting.data), self.posting.name),
            discord.File(io.BytesIO(self.posting.picture), cards.PICTURE),
        ]

    def as_edit(self) -> dict[str, Any]:
        """Return what an edit changes."""
        return {
            "content": self.content,
            "embeds": list(self.embeds),
            "view": self.view,
            "attachments": self.files() or (discord.utils.MISSING if self.keeps_files else []),
        }


class Delivery(commands.Cog):
    """The pipeline's surface: shows, posts and tells."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._tokens_over: set[int] = set()

    async def cog_load(self) -> None:
        """Become what the pipeline shows things on."""
        self.bot.service.present_through(self)

    def _readers(self, job: Job) -> Reader:
        return self.bot.languages.reader(job.order.locale)

    def max_bytes(self, job: Job) -> int:
        """Return how large a file may be where the job's clip goes."""
        return job.message.max_bytes

    async def show(self, job: Job, standing: JobProgress) -> None:
        """Show how far a job is; what can't be shown is left."""
        try:
            read = self._readers(job)
            content = read(messages.progress(job, standing))
            await self._edit(job, _Message(content=content, view=cancel_view(read, job.id)))
        except (discord.HTTPException, Undeliverable, *_UNREACHABLE) as error:
            log.debug("job.not_shown id=%d %s", job.id, error)

    async def post(self, job: Job, clip: Clip, posting: PackedClip, *, once_more: bool) -> int:
        """Hand the clip over by the first way that is open."""
        parent, read = None, self._readers(job)
        if clip.parent_ids:
            parent = await self.bot.service.clips.find(clip.parent_ids[0])
        message = _Message(
            content=messages.owner(job),
            embeds=(cards.card(read, clip, parent),),
            view=clip_view(read, clip),
            posting=posting,
        )
        silent = dataclasses.replace(message, embeds=(cards.card(read, clip, parent, words=False),))
        try:
            for way in (self._edit, self._send, self._write_to):
                # A bot that was killed may have posted it and not have come to write that down.
                if once_more and way == self._send and (found := await self._found(job, posting)):
                    return found
                for said in (message, silent):
                    try:
                        return await _insisted(partial(way, job, said))
                    except discord.HTTPException as error:
                        if error.code not in _FILTERED or said is silent:
                            self._closed(job, way.__name__, error)
                            break
                        log.info("job.words_filtered id=%d", job.id)
                    except (Undeliverable, *_UNREACHABLE) as error:
                        log.info("job.way_closed id=%d way=%s %r", job.id, way.__name__, error)
                        break
        finally:
            self._tokens_over.discard(job.id)
        raise Undeliverable("no way is open")

    def _closed(self, job: Job, way: str, error: discord.HTTPException) -> None:
        """Note why a way is closed. Raises TooLarge where a smaller file would do."""
        if error.status == 413 or (error.status, error.code) in _TOO_LARGE:
            raise TooLarge from error
        log.warning(
            "job.way_closed id=%d way=%s status=%d code=%d", job.id, way, error.status, error.code
        )

    async def _found(self, job: Job, posting: PackedClip) -> int | None:
        """Return the message that has the clip already, among the latest of its channel."""
        channel = self.bot.get_partial_messageable(job.order.origin.channel_id)
        try:
            async for message in channel.history(limit=_LOOKED_BACK):
                if any(file.filename == posting.name for file in message.attachments):
                    return message.id
        except (discord.HTTPException, *_UNREACHABLE) as error:
            log.info("job.not_looked_for id=%d %r", job.id, error)
        return None

    async def tell(self, job: Job, sentence: Sentence) -> None:
        """Tell why a job ended without a clip; what can't be told is left."""
        text = self._readers(job)(
            Sentence(
                "{owner} {what}: {sentence}",
                owner=messages.owner(job),
                what=messages.shown(job.order.prompt),
                sentence=sentence,
            )
        )
        for way in (self._edit, self._send, self._write_to):
            try:
                # A clip that is refunded is not there: Discord may have kept one and said no.
                await way(job, _Message(content=text, view=None, keeps_files=False))
                return
            except (discord.HTTPException, Undeliverable, *_UNREACHABLE) as error:
                log.info("job.not_told id=%d way=%s %s", job.id, way.__name__, error)

    async def _edit(self, job: Job, message: _Message) -> int:
        """Edit the job's message, by its token or by its id."""
        answer = job.message
        if answer.message_id is None:
            raise Undeliverable("there is no message to edit")
        young = self.bot.clock() < answer.expires_at - _TOKEN_MARGIN_SECONDS
        young = young and job.id not in self._tokens_over
        if answer.token is not None and young and self.bot.application_id is not None:
            webhook = discord.Webhook.partial(
                self.bot.application_id, answer.token, client=self.bot
            )
            try:
                return (await webhook.edit_message(answer.message_id, **message.as_edit())).id
            except discord.HTTPException as error:
                if (error.status, error.code) not in _TOKEN_OVER:
                    raise
                # Too many such answers, and Discord shuts the bot out.
                self._tokens_over.add(job.id)
        channel = self.bot.get_partial_messageable(job.order.origin.channel_id)
        await channel.get_partial_message(answer.message_id).edit(**message.as_edit())
        return answer.message_id

    async def _send(self, job: Job, message: _Message) -> int:
        """Post a new message where the job was asked for."""
        channel = self.bot.get_partial_messageable(job.order.origin.channel_id)
        return await _sent(channel, job, message)

    async def _write_to(self, job: Job, message: _Message) -> int:
        """Send it to the person alone."""
        user = await self.bot.fetch_user(job.order.origin.user_id)
        return await _sent(user, job, message)


async def _insisted(attempt: Callable[[], Awaitable[int]]) -> int:
    """Do something again, for an hour, where Discord itself or the way to it is in trouble.

    An outage closes no way: to go on to the next one could mean the same clip twice.
    """
    for pause_seconds in (*RETRY_SECONDS, *_LONG_PAUSES_SECONDS):
        try:
            return await attempt()
        except discord.HTTPException as error:
            # A limit that outlasts discord.py's own patience closes no way either.
            if error.status < 500 and error.status != 429:
                raise
        except _UNREACHABLE as error:
            log.info("discord.unreachable %s", type(error).__name__)
        await asyncio.sleep(pause_seconds)
    return await attempt()


async def _sent(where: discord.abc.Messageable, job: Job, message: _Message) -> int:
    kind = "note" if message.posting is None else "clip"
    sent = await where.send(
        content=message.content,
        embeds=list(message.embeds),
        files=message.files(),
        view=message.view or discord.utils.MISSING,
        allowed_mentions=discord.AllowedMentions(users=[discord.Object(job.order.origin.user_id)]),
        # The same message twice within minutes is the same message.
        nonce=f"{kind}-{job.id}",
    )
    return sent.id


async def setup(bot: ZhiyinBot) -> None:
    """Register the buttons under what it posts, and add the cog."""
    bot.add_dynamic_items(ClipButton, CancelButton)
    await bot.add_cog(Delivery(bot))
