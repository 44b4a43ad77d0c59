"""Call people when a clip is ready that they waited for: an edit notifies nobody."""

from __future__ import annotations

import logging

import discord

from bot.app.client import ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.jobs import Job
from cogs.presentation import messages

WAITED_SECONDS = 30.0
"""Who waited no longer is still looking."""

log = logging.getLogger(__name__)


class ReadyPing:
    """Sends the message that notifies, once for all takes of an order."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self._bot = bot

    async def call(self, job: Job, clip: Clip, *, takes: int = 1) -> None:
        """Call the person of a job whose clip has been posted, if they waited and want it.

        It may be the first of several takes in its message.

        Best effort: errors are ignored, as the clip is there.
        """
        if not await self._is_wanted(job, clip):
            return
        channel = self._bot.get_partial_messageable(job.order.origin.channel_id)
        read = self._bot.languages.reader(job.order.locale)
        assert clip.message_id is not None
        try:
            await channel.send(
                read(messages.ready(job, clip, takes)),
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
        except discord.HTTPException as error:
            log.info("job.not_called id=%d %s", job.id, error)

    async def _is_wanted(self, job: Job, clip: Clip) -> bool:
        if job.order.is_for_one:
            return False  # everybody would see it
        # A new message has notified them itself.
        if clip.message_id is None or clip.message_id != job.message.message_id:
            return False
        if self._bot.clock() - job.created_at < WAITED_SECONDS:
            return False
        user_id = job.order.origin.user_id
        if not (await self._bot.service.people.preferences(user_id)).is_called:
            return False
        order, _, _ = job.order.key.rpartition("/")
        others = await self._bot.service.requests.unfinished_of(user_id)
        # Takes that come in the same message come with it.
        together = job.order.group_key
        return not any(
            other.id != job.id
            and other.order.key.startswith(f"{order}/")
            and (together is None or other.order.group_key != together)
            for other in others
        )
