"""Resolve the source of an order, and join its prompt with that of the source."""

from __future__ import annotations

import dataclasses

from bot.app.client import ZhiyinBot
from bot.domain.jobs import ClipSource, Keep, Kind, Order, Source, UploadSource
from bot.printable import bare_name
from cogs.requests.draft import MAX_UPLOAD_BYTES, RequestDraft

_MOST_NAME_CHARACTERS = 80


async def resolve_source(bot: ZhiyinBot, draft: RequestDraft) -> Source | None:
    """Return the sound that the clip starts from; fetches and decodes an attachment.

    Raises SoundError.
    """
    most = bot.config.generation.audio_prompt_max_seconds
    keep_seconds = min(most, draft.keep_seconds or most)
    if draft.keep is Keep.TUNE:
        assert draft.seconds is not None
        keep_seconds = draft.seconds  # as much of the melody as there will be music
    # Kept stems cover the whole clip.
    keep = draft.keep if not draft.keep_stems else None
    if draft.source is not None:
        return draft.source
    if draft.clip is not None:
        return ClipSource(
            clip_id=draft.clip.id,
            keep_seconds=min(keep_seconds, draft.clip.seconds),
            include=draft.include,
            keep=keep,
            whole=draft.kind is Kind.CONTINUE,
            keep_stems=draft.keep_stems,
        )
    if draft.attachment is None:
        return None
    data = await bot.fetch(draft.attachment.url, MAX_UPLOAD_BYTES)
    name, heard = await bot.service.requests.keep_upload(
        data, keep_seconds=keep_seconds, keep=keep, with_codes=bool(draft.keep_stems)
    )
    return UploadSource(
        file=name,
        keep_seconds=heard,
        include=draft.include,
        keep=keep,
        keep_stems=draft.keep_stems,
        name=name_of(draft),
    )


async def with_words(bot: ZhiyinBot, order: Order, source: Source | None) -> Order:
    """Return an order with its source; a remix gets the joined prompt."""
    if order.kind is not Kind.REMIX or source is None or order.prompt is None:
        return dataclasses.replace(order, source=source)
    return await bot.service.requests.with_remix_words(order, source)


def name_of(draft: RequestDraft) -> str | None:
    """Return the name of the person's file, as it is shown."""
    file = draft.attachment
    return None if file is None else bare_name(file.filename, _MOST_NAME_CHARACTERS)
