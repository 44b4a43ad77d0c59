"""Uploads: files sent under an id of the page, which a later action refers to."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import AsyncIterable, Sequence

from bot.demo.discord.files import File
from bot.errors import RequestError
from bot.i18n.sentence import Sentence

_MIB = 2**20
_MOST_WAITING_BYTES = 120 * _MIB
_MOST_NAME_CHARACTERS = 200

TOO_LARGE = Sentence("This file is larger than {most} MB, the most that can be attached here.")
GONE = Sentence("A file of this was not kept. Please attach it again.")

_UNFIT = re.compile(r"[\x00-\x1f\x7f/\\]+")
_CONTENT_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)


class Uploads:
    """One person's uploads that are not used yet."""

    def __init__(self, most_waiting_bytes: int = _MOST_WAITING_BYTES) -> None:
        self._most_waiting_bytes = most_waiting_bytes
        self._waiting: OrderedDict[str, File] = OrderedDict()

    async def take(
        self,
        upload_id: str,
        name: str,
        content_type: str | None,
        chunks: AsyncIterable[bytes],
        most_bytes: int,
    ) -> None:
        """Store a file; a repeated id replaces it. Raises RequestError for one too large."""
        body = bytearray()
        async for chunk in chunks:
            body += chunk
            if len(body) > most_bytes:
                raise too_large(most_bytes)
        is_type = content_type is not None and _CONTENT_TYPE.fullmatch(content_type)
        self._waiting[upload_id] = File(
            clean_name(name), bytes(body), content_type if is_type else None
        )
        self._waiting.move_to_end(upload_id)
        self._make_room()

    def find(self, upload_ids: Sequence[str]) -> list[File]:
        """Return files by id. Raises RequestError for an unknown id."""
        if not all(each in self._waiting for each in upload_ids):
            raise RequestError(GONE)
        return [self._waiting[each] for each in upload_ids]

    def drop(self, upload_ids: Sequence[str]) -> None:
        """Remove files that were attached to a message."""
        for each in upload_ids:
            self._waiting.pop(each, None)

    def _make_room(self) -> None:
        held = sum(len(each.data) for each in self._waiting.values())
        while held > self._most_waiting_bytes and len(self._waiting) > 1:
            _, oldest = self._waiting.popitem(last=False)
            held -= len(oldest.data)


def too_large(most_bytes: int) -> RequestError:
    """Return the error for a file above the upload limit."""
    return RequestError(TOO_LARGE.fill(most=most_bytes // _MIB))


def clean_name(name: str) -> str:
    """Return a file name with unsuitable characters replaced."""
    cleaned = _UNFIT.sub("_", name).strip(". ")[-_MOST_NAME_CHARACTERS:]
    return cleaned or "file"
