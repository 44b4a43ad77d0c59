"""The routes to a person: edit the job's message, post in its channel, or send a direct message."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import discord

from bot.app.client import ZhiyinBot
from bot.domain.jobs import Job
from bot.pipeline.presenter import Undeliverable
from bot.retry import RetryPolicy
from cogs.posting.job_message import JobMessage
from cogs.posting.message_search import find_own
from cogs.posting.outages import is_outage

log = logging.getLogger(__name__)

Route = Callable[[Job, JobMessage], Awaitable[int]]
"""Shows a message by one route and returns its id."""

# A token is valid for 15 minutes; don't rely on the last one.
_TOKEN_MARGIN_SECONDS = 60.0
_TOKEN_EXPIRED = {(401, 50027), (404, 10015)}


class DeliveryRoutes:
    """The routes by which a job's message can be shown; all raise what discord.py raises."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self._bot = bot
        self._expired_tokens: set[int] = set()

    def forget(self, job: Job) -> None:
        """Forget whether a job's token has expired."""
        self._expired_tokens.discard(job.id)

    def of(self, job: Job) -> tuple[Route, ...]:
        """Return the routes for a job, best first; a private job has only private ones."""
        if job.order.is_for_one:
            return (self.edit, self.send_direct)
        return (self.edit, self.send, self.send_direct)

    async def edit(self, job: Job, message: JobMessage) -> int:
        """Edit the job's message, via the token or via the message id."""
        handle = job.message
        if handle.message_id is None:
            raise Undeliverable("there is no message to edit")
        young = self._bot.clock() < handle.expires_at - _TOKEN_MARGIN_SECONDS
        young = young and job.id not in self._expired_tokens
        if job.order.is_for_one and not young:
            raise Undeliverable("only its token reaches a message that one person sees")
        if handle.token is not None and young and self._bot.application_id is not None:
            webhook = self._bot.webhook_of(handle.token)
            try:
                return (await webhook.edit_message(handle.message_id, **message.as_edit())).id
            except discord.HTTPException as error:
                if (error.status, error.code) not in _TOKEN_EXPIRED:
                    raise
                # Discord bans clients that keep causing 401 answers.
                self._expired_tokens.add(job.id)
                return await self.edit(job, message)
        channel = self._bot.get_partial_messageable(job.order.origin.channel_id)
        await channel.get_partial_message(handle.message_id).edit(**message.as_edit())
        return handle.message_id

    async def send(self, job: Job, message: JobMessage) -> int:
        """Post a new message in the channel of the request."""
        channel = self._bot.get_partial_messageable(job.order.origin.channel_id)
        return await _send_to(channel, job, message)

    async def send_direct(self, job: Job, message: JobMessage) -> int:
        """Send a direct message to the person."""
        user = await self._bot.fetch_user(job.order.origin.user_id)
        return await _send_to(user, job, message)

    async def find(self, job: Job, message: JobMessage, *, direct: bool) -> int | None:
        """Return the message that shows this already, in the job's channel or in direct messages.

        Raises what discord.py raises in an outage.
        """
        place: discord.abc.Messageable = self._bot.get_partial_messageable(
            job.order.origin.channel_id
        )
        try:
            if direct:
                place = await self._bot.fetch_user(job.order.origin.user_id)
            shown_id = job.message.message_id
            since_id = None if shown_id is None else shown_id - 1
            return await find_own(self._bot, place, message.is_shown_by, since_id=since_id)
        except discord.HTTPException as error:
            if is_outage(error):
                raise
            return None


class Attempts:
    """Shows one message by several routes with retries, and never twice."""

    def __init__(
        self, routes: DeliveryRoutes, retry: RetryPolicy, job: Job, *, may_be_posted: bool
    ) -> None:
        """Take the job; `may_be_posted`: a previous run may have posted it."""
        self._routes, self._retry, self._job = routes, retry, job
        self._may_be_posted = may_be_posted
        self._is_in_doubt = may_be_posted
        self.met_outage = False
        """Whether a route failed because of an outage."""

    async def show_by(self, route: Route, message: JobMessage) -> int:
        """Show the message by one route, retrying during outages; return its id.

        A failed request may have been carried out, so before a new message is sent the latest ones
        are searched. Raises what discord.py raises, and Undeliverable.
        """

        async def attempt() -> int:
            found = await self._find(route, message)
            if found is not None:
                log.info("job.found id=%d it was posted already", self._job.id)
                return found
            try:
                return await route(self._job, message)
            except Exception as error:
                self._is_in_doubt = self._is_in_doubt or is_outage(error)
                raise

        try:
            return await self._retry.call(attempt, retry_on=is_outage)
        except Exception as error:
            self.met_outage = self.met_outage or is_outage(error)
            raise

    async def _find(self, route: Route, message: JobMessage) -> int | None:
        # An edit is idempotent.
        if not self._is_in_doubt or route == self._routes.edit:
            return None
        found = await self._routes.find(self._job, message, direct=False)
        if found is None and (self._may_be_posted or route == self._routes.send_direct):
            found = await self._routes.find(self._job, message, direct=True)
        return found


async def _send_to(where: discord.abc.Messageable, job: Job, message: JobMessage) -> int:
    sent = await where.send(
        content=message.content,
        embeds=list(message.embeds),
        files=message.files(),
        view=message.view or discord.utils.MISSING,
        allowed_mentions=discord.AllowedMentions(users=[discord.Object(job.order.origin.user_id)]),
        # Makes a retry idempotent for some minutes: Discord drops a second message with the same
        # nonce.
        nonce=f"{message.kind}-{job.id}",
    )
    return sent.id
