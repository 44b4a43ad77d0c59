"""Post a clip as a voice message after its card, for people who prefer that."""

from __future__ import annotations

import logging

import discord

from bot.app.client import ZhiyinBot
from bot.app.network_errors import NETWORK_ERRORS
from bot.domain.clips import Clip
from bot.domain.jobs import Job
from bot.errors import ZhiyinError
from cogs.posting.voice_file import may_post_voice_messages, send_voice_message

log = logging.getLogger(__name__)


class VoiceCopies:
    """Posts clips as voice messages in reply to their cards."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self._bot = bot

    async def post(self, job: Job, clip: Clip) -> None:
        """Post a delivered clip as a voice message, too, if its person wants it.

        It replies to the card, which has text and buttons. Best effort: errors are logged. Not done
        for private clips, nor where voice messages are not allowed.
        """
        user_id, channel_id = job.order.origin.user_id, job.order.origin.channel_id
        if job.order.is_for_one or clip.message_id is None:
            return
        if not (await self._bot.service.people.preferences(user_id)).as_voice:
            return
        place = self._bot.get_channel(channel_id)
        if not isinstance(place, discord.abc.GuildChannel | discord.Thread):
            return
        rights = place.permissions_for(place.guild.me)
        if not may_post_voice_messages(rights, in_thread=isinstance(place, discord.Thread)):
            return
        try:
            message = await self._bot.service.clips.voice_message(clip, place.guild.filesize_limit)
            reference = discord.MessageReference(
                message_id=clip.message_id, channel_id=channel_id, fail_if_not_exists=False
            )
            await send_voice_message(
                self._bot, channel_id, message, nonce=f"voice-{job.id}", reference=reference
            )
        except (ZhiyinError, discord.HTTPException, *NETWORK_ERRORS) as error:
            log.info("job.no_voice_message id=%d %r", job.id, error)
