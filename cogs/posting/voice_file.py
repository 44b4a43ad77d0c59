"""Send a Discord voice message, which discord.py does not support yet."""

from __future__ import annotations

import base64
import io
from typing import Any

import discord
from discord.http import handle_message_parameters

from bot.app.client import ZhiyinBot
from bot.domain.voice_message import NAME, VoiceMessage


class _VoiceFile(discord.File):
    """A file with the metadata that Discord requires of voice messages."""

    def __init__(self, message: VoiceMessage) -> None:
        super().__init__(io.BytesIO(message.data), NAME)
        self._about = {
            "duration_secs": message.seconds,
            "waveform": base64.b64encode(message.waveform).decode(),
        }

    def to_dict(self, index: int) -> dict[str, Any]:
        """Return discord.py's attachment payload with the fields it lacks."""
        return super().to_dict(index) | self._about


async def send_voice_message(
    bot: ZhiyinBot,
    channel_id: int,
    message: VoiceMessage,
    *,
    nonce: str | None = None,
    reference: discord.MessageReference | None = None,
) -> None:
    """Post a voice message in a channel. Raises what discord.py raises.

    The nonce makes a retry idempotent. A voice message can't have text or buttons.
    """
    reply = None if reference is None else reference.to_message_reference_dict()
    with handle_message_parameters(
        file=_VoiceFile(message),
        flags=discord.MessageFlags(voice=True),
        nonce=nonce,
        message_reference=reply,
        allowed_mentions=discord.AllowedMentions.none(),
    ) as params:
        await bot.http.send_message(channel_id, params=params)


def may_post_voice_messages(rights: discord.Permissions, *, in_thread: bool) -> bool:
    """Return whether these permissions allow a voice message."""
    speaks = rights.send_messages_in_threads if in_thread else rights.send_messages
    return speaks and rights.attach_files and rights.send_voice_messages
