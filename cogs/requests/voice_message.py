"""Post a clip as Discord's own voice message, which one plays by a tap."""

from __future__ import annotations

import base64
import io
from typing import Any

import discord
from discord.http import handle_message_parameters

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.domain.voice_message import NAME, VoiceMessage
from bot.errors import Refused
from bot.i18n.sentence import Sentence
from cogs.presentation.messages import ONLY_YOU_HAVE_IT, link
from cogs.presentation.readers import reader_of
from cogs.requests.limits import origin_of, resolve_limits
from cogs.requests.responses import thinking

ONLY_HERE = Sentence("I can only post voice messages on servers that I've joined.")
NO_VOICE_MESSAGES = Sentence(
    "I may post no voice messages here: I need the permissions *Send Messages*, *Attach Files* "
    "and *Send Voice Messages*."
)
POSTED = Sentence("Posted below as a voice message. Its card: {clip}")


class _VoiceFile(discord.File):
    """A file with what Discord wants to know of a voice message."""

    def __init__(self, message: VoiceMessage) -> None:
        super().__init__(io.BytesIO(message.data), NAME)
        self._about = {
            "duration_secs": message.seconds,
            "waveform": base64.b64encode(message.waveform).decode(),
        }

    def to_dict(self, index: int) -> dict[str, Any]:
        """Return it as discord.py writes it, and what it knows nothing of."""
        return super().to_dict(index) | self._about


async def post_voice_message(interaction: Interaction, clip: Clip) -> None:
    """Post a clip as a voice message, for everybody. Costs no quota.

    A voice message has neither words nor buttons: the card of the clip has them. Raises Refused
    where it may not be posted, SoundError where its sound is gone, OutputError where it is too
    large.
    """
    bot, channel = interaction.client, interaction.channel
    rights = interaction.app_permissions
    if interaction.guild is None or channel is None:
        raise Refused(ONLY_HERE)
    await resolve_limits(
        bot,
        origin_of(interaction),
        interaction.user,
        parent_channel_id=getattr(channel, "parent_id", None),
    )
    speaks = (
        rights.send_messages_in_threads if hasattr(channel, "parent_id") else (rights.send_messages)
    )
    if not (speaks and rights.attach_files and rights.send_voice_messages):
        raise Refused(NO_VOICE_MESSAGES)
    if clip.is_private:
        raise Refused(ONLY_YOU_HAVE_IT)
    async with thinking(interaction, ephemeral=True):
        message = await bot.service.clips.voice_message(clip, interaction.filesize_limit)
        flags = discord.MessageFlags(voice=True)
        with handle_message_parameters(file=_VoiceFile(message), flags=flags) as params:
            await bot.http.send_message(channel.id, params=params)
        await interaction.followup.send(
            reader_of(interaction)(POSTED.fill(clip=link(clip))), ephemeral=True
        )
