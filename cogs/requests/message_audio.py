"""Find the sound in a message: attached, in a component, or in a forwarded message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import discord

from bot.app.client import ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.sound_formats import ACCEPTED_MEDIA, ACCEPTED_SUFFIXES
from bot.errors import RequestError
from bot.i18n.sentence import Sentence

SEVERAL_TAKES = Sentence(
    "There are several takes in this message. Press the number of the one you mean: its buttons "
    "are there."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFile:
    """A file on Discord, however the message shows it."""

    filename: str
    url: str
    content_type: str | None = None
    size: int = 0
    """In bytes; 0 if Discord doesn't say."""


def is_sound(file: SharedFile) -> bool:
    """Return whether a file claims to be sound by name or type; not verified yet."""
    media = (file.content_type or "").split("/")[0]
    return (
        media in ACCEPTED_MEDIA or PurePosixPath(file.filename).suffix.lower() in ACCEPTED_SUFFIXES
    )


def find_sound(message: discord.Message) -> SharedFile | None:
    """Return the first sound of a message, or of the one that it forwards."""
    return next(filter(is_sound, _files(message)), None)


async def find_clip_or_sound(
    bot: ZhiyinBot, message: discord.Message
) -> tuple[Clip | None, SharedFile | None]:
    """Return the clip that a message of the bot shows, or else its attached sound.

    Raises RequestError if it shows several.
    """
    shown = await bot.service.clips.find_by_message(message.id)
    kept = [clip for clip in shown if not clip.is_deleted]
    if len(kept) > 1:
        raise RequestError(SEVERAL_TAKES)
    return (kept[0], None) if kept else (None, find_sound(message))


def _files(message: discord.Message) -> Iterator[SharedFile]:
    shown: list[discord.Message | discord.MessageSnapshot] = [message, *message.message_snapshots]
    for each in shown:
        for attachment in each.attachments:
            yield SharedFile(
                filename=attachment.filename,
                url=attachment.url,
                content_type=attachment.content_type,
                size=attachment.size,
            )
        yield from _shown_files(each.components)


def _shown_files(components: Sequence[discord.Component]) -> Iterator[SharedFile]:
    """Yield the files in components, which Discord does not list as attachments."""
    for component in components:
        if isinstance(component, discord.FileComponent):
            yield from _file_of(component.media, component.name, component.size)
        elif isinstance(component, discord.MediaGalleryComponent):
            for item in component.items:
                yield from _file_of(item.media)
        elif isinstance(component, discord.Container):
            yield from _shown_files(component.children)


def _file_of(
    media: discord.UnfurledMediaItem, name: str | None = None, size: int | None = None
) -> Iterator[SharedFile]:
    # A gallery may contain any URL; only Discord's attachments are fetched (no SSRF).
    if media.attachment_id is not None:
        yield SharedFile(
            filename=name or PurePosixPath(unquote(urlsplit(media.url).path)).name,
            url=media.url,
            content_type=media.content_type,
            size=size or 0,
        )
