"""Ping people when a clip is ready that they waited for: an edit notifies nobody."""

from __future__ import annotations

import logging

import discord

from bot.app.client import ZhiyinBot
from bot.app.network_errors import NETWORK_ERRORS
from bot.domain.clips import Clip
from bot.domain.jobs import Job
from cogs.presentation import messages

WAITED_SECONDS = 30.0
"""After a shorter wait the person is probably still watching, and is not pinged."""

log = logging.getLogger(__name__)


class ReadyPing:
    """Sends the pinging message, once for all takes of an order."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self._bot = bot

    async def send(self, job: Job, clip: Clip, *, takes: int = 1) -> None:
        """Ping the person of a posted clip, if they waited long enough and want it.

        The clip may be the first of several takes in its message. Best effort: errors are logged.
        """
        if not await self._is_wanted(job, clip):
            return
        channel = self._bot.get_partial_messageable(job.order.origin.channel_id)
        render = self._bot.languages.renderer(job.order.locale)
        assert clip.message_id is not None
        try:
            await channel.send(
                render(messages.ready(job, clip, takes)),
                reference=discord.MessageReference(
                    message_id=clip.message_id,
                    channel_id=job.order.origin.channel_id,
                    fail_if_not_exists=False,
                ),
                allowed_mentions=discord.AllowedMentions(
                    users=[discord.Object(job.order.origin.user_id)], replied_user=False
                ),
                nonce=f"call-{job.id}",
            )
        except (discord.HTTPException, *NETWORK_ERRORS) as error:
            log.info("job.not_pinged id=%d %r", job.id, error)

    async def _is_wanted(self, job: Job, clip: Clip) -> bool:
        if job.order.is_for_one:
            return False  # the ping itself would be visible to everybody
        # A new message pings by itself.
        if clip.message_id is None or clip.message_id != job.message.message_id:
            return False
        if self._bot.clock() - job.created_at < WAITED_SECONDS:
            return False
        user_id = job.order.origin.user_id
        if not (await self._bot.service.people.preferences(user_id)).wants_ping:
            return False
        order, _, _ = job.order.key.rpartition("/")
        others = await self._bot.service.requests.unfinished_of(user_id)
        # Takes in the same message share one ping.
        together = job.order.group_key
        return not any(
            other.id != job.id
            and other.order.key.startswith(f"{order}/")
            and (together is None or other.order.group_key != together)
            for other in others
        )
