"""Find the sound in a message: attached to it, or to a message that it forwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

import discord

from bot.app.client import ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.sound_formats import ACCEPTED_SUFFIXES


def is_sound(attachment: discord.Attachment) -> bool:
    """Tell by name and type whether an attachment claims to be sound; nothing is trusted yet."""
    kind = (attachment.content_type or "").split("/")[0]
    suffix = PurePath(attachment.filename).suffix.lower()
    return kind == "audio" or suffix in ACCEPTED_SUFFIXES


def find_sound(message: discord.Message) -> discord.Attachment | None:
    """Return the first sound of a message, also of one that it forwards."""
    return next(filter(is_sound, _attachments(message)), None)


async def find_clip_or_sound(
    bot: ZhiyinBot, message: discord.Message
) -> tuple[Clip | None, discord.Attachment | None]:
    """Return the clip that a message of ours shows, or else the sound attached to it."""
    clip = await bot.service.clips.find_by_message(message.id)
    if clip is not None and not clip.is_deleted:
        return clip, None
    return None, find_sound(message)


def _attachments(message: discord.Message) -> Iterator[discord.Attachment]:
    yield from message.attachments
    for snapshot in message.message_snapshots:
        yield from snapshot.attachments
