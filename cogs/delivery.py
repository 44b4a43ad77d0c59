"""Deliver clips: edit via interaction token, else via message id, else send a new message."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Awaitable, Mapping, Sequence

import discord
from discord.ext import commands

from bot.app.client import ZhiyinBot
from bot.app.network_errors import NETWORK_ERRORS
from bot.domain.clips import Clip
from bot.domain.jobs import Job
from bot.domain.status import JobProgress
from bot.domain.takes import Take
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from bot.pipeline.packaging import PackedClip
from bot.pipeline.presenter import TooLarge, Undeliverable, Unreachable
from cogs.posting.delivery_routes import Attempts, DeliveryRoutes
from cogs.posting.job_message import JobMessage
from cogs.posting.outages import is_filtered
from cogs.posting.ready_ping import ReadyPing
from cogs.posting.voice_copies import VoiceCopies
from cogs.presentation import battle_messages, messages, progress_messages, take_messages
from cogs.presentation.prompts import quote_prompt
from cogs.requests.clip_cards import clip_cards
from cogs.requests.take_cards import build_take_cards
from cogs.views.cancel_button import CancelButton, cancel_view
from cogs.views.clip_buttons import ClipButton, clip_view
from cogs.views.delete_question import DeleteButton
from cogs.views.export_button import ExportButton
from cogs.views.soundboard_button import SoundboardButton
from cogs.views.take_buttons import TakeButton, TakesButton, takes_view

log = logging.getLogger(__name__)

_TOO_LARGE = {(413, 40005), (413, 0), (400, 40005)}


class Delivery(commands.Cog):
    """The `Presenter` on Discord: shows progress, posts clips and failures."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._routes = DeliveryRoutes(bot)
        self._retry = bot.service.delivery_retry
        self.ready_ping = ReadyPing(bot)
        self._voice_copies = VoiceCopies(bot)

    def _renderer(self, job: Job) -> Renderer:
        return self.bot.languages.renderer(job.order.locale)

    def max_bytes(self, job: Job) -> int:
        """Return the upload limit of the job's channel, in bytes."""
        return job.message.max_bytes

    async def show(self, job: Job, progress: JobProgress) -> None:
        """Show a job's progress. Best effort: errors are logged."""
        try:
            render = self._renderer(job)
            content = render(progress_messages.progress(job, progress))
            message = JobMessage(content=content, view=cancel_view(render, job.id))
            await self._routes.edit(job, message)
        except (discord.HTTPException, Undeliverable, *NETWORK_ERRORS) as error:
            log.debug("job.not_shown id=%d %s", job.id, error)

    async def post(self, job: Job, clip: Clip, posting: PackedClip, *, may_be_posted: bool) -> int:
        """Post the clip by the first route that works. Raises TooLarge and Undeliverable."""
        render = self._renderer(job)
        embed, without = await clip_cards(self.bot, render, clip)
        message = JobMessage(
            content=await self._above(job),
            embeds=(embed,),
            view=clip_view(render, clip),
            postings=(posting,),
        )
        without_words = dataclasses.replace(message, embeds=(without,))
        return await self._reach(job, (message, without_words), may_be_posted=may_be_posted)

    async def show_takes(self, takes: Sequence[tuple[Take, JobProgress | None]]) -> None:
        """Show the progress of the takes of a message. Best effort: errors are logged."""
        job = takes[0][0].job
        try:
            render = self._renderer(job)
            content = render(take_messages.takes_progress(takes))
            message = JobMessage(content=content, view=cancel_view(render, job.id))
            await self._routes.edit(job, message)
        except (discord.HTTPException, Undeliverable, *NETWORK_ERRORS) as error:
            log.debug("takes.not_shown id=%d %s", job.id, error)

    async def post_takes(
        self, takes: Sequence[Take], files: Mapping[int, PackedClip], *, may_be_posted: bool
    ) -> int:
        """Post takes in one message. Raises TooLarge and Undeliverable."""
        shown = [take for take in takes if take.number in files]
        job = shown[0].job
        render = self._renderer(job)
        embed, without = await build_take_cards(self.bot, render, takes, shown)
        message = JobMessage(
            content=await self._above(job),
            embeds=(embed,),
            view=takes_view(render, shown),
            postings=tuple(files.values()),
        )
        without_words = dataclasses.replace(message, embeds=(without,))
        return await self._reach(job, (message, without_words), may_be_posted=may_be_posted)

    async def follow_up(self, job: Job, clip: Clip, *, takes: int = 1) -> None:
        """Note an entry, ping a person who has waited, and post the clip as a voice message."""
        self._note_entry(job)
        await self._try(job, self.ready_ping.send(job, clip, takes=takes))
        if job.order.group_key is None:
            await self._try(job, self._voice_copies.post(job, clip))

    async def post_failure(self, job: Job, sentence: Sentence, *, may_be_posted: bool) -> None:
        """Post why a job ended without a clip. Raises Undeliverable and Unreachable."""
        render, owner = self._renderer(job), messages.mention_owner(job)
        what = quote_prompt(job.order.prompt)
        texts = (
            Sentence("{owner} {what}: {sentence}", owner=owner, what=what, sentence=sentence),
            Sentence("{owner} {sentence}", owner=owner, sentence=sentence),
        )
        # Remove files: Discord may have stored a clip and reported an error.
        variants = [
            JobMessage(content=render(text), view=None, keeps_files=False) for text in texts
        ]
        await self._reach(job, variants, may_be_posted=may_be_posted)
        self._note_entry(job)

    async def _try(self, job: Job, step: Awaitable[None]) -> None:
        """Do what follows a posted clip; errors are logged, as the clip is there already."""
        try:
            await step
        except Exception:
            log.exception("job.not_followed_up id=%d", job.id)

    async def _above(self, job: Job) -> str:
        """Return the text above a clip: its owner, and the battle of an entry."""
        owner, battle_id = messages.mention_owner(job), job.order.battle_id
        if job.order.is_private:
            return self._renderer(job)(messages.ONLY_YOURS.fill(owner=owner))
        if battle_id is None:
            return owner
        above = battle_messages.LATE_ENTRY.fill(owner=owner, id=battle_id)
        if await self.bot.service.battles.is_in_time(battle_id, job.id):
            above = battle_messages.NEW_ENTRY.fill(owner=owner, id=battle_id)
        return self._renderer(job)(above)

    def _note_entry(self, job: Job) -> None:
        if job.order.battle_id is not None:
            self.bot.dispatch("battle_changed", job.order.battle_id)

    async def _reach(self, job: Job, variants: Sequence[JobMessage], *, may_be_posted: bool) -> int:
        """Show the first variant that is not blocked, by the first route that works; return its id.

        In an outage it waits instead of falling back to the next route, which could post it twice.
        """
        attempts = Attempts(self._routes, self._retry, job, may_be_posted=may_be_posted)
        try:
            for route in self._routes.of(job):
                for variant in variants:
                    try:
                        return await attempts.show_by(route, variant)
                    except discord.HTTPException as error:
                        if not is_filtered(error) or variant is variants[-1]:
                            self._log_failed_route(job, route.__name__, error)
                            break
                        log.info("job.words_filtered id=%d", job.id)
                    except (Undeliverable, *NETWORK_ERRORS) as error:
                        log.info(
                            "job.route_failed id=%d route=%s %r", job.id, route.__name__, error
                        )
                        break
        finally:
            self._routes.forget(job)
        if attempts.met_outage:
            raise Unreachable("Discord was in trouble for too long")
        raise Undeliverable("every route failed")

    def _log_failed_route(self, job: Job, route: str, error: discord.HTTPException) -> None:
        """Log why a route failed. Raises TooLarge if a smaller file would help."""
        if error.status == 413 or (error.status, error.code) in _TOO_LARGE:
            raise TooLarge from error
        log.warning(
            "job.route_failed id=%d route=%s status=%d code=%d",
            job.id,
            route,
            error.status,
            error.code,
        )


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog, and register the buttons under what it posts."""
    bot.add_dynamic_items(ClipButton, CancelButton, ExportButton, SoundboardButton)
    bot.add_dynamic_items(TakeButton, TakesButton, DeleteButton)
    await bot.add_cog(Delivery(bot))
