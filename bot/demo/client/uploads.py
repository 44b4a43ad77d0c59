"""Files on their way into a message: sent under an id of the page's, which an action then names."""

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
    """What one person has sent and not used yet."""

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
        """Keep a file; the same id again replaces it. Raises RequestError for one too large."""
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
        """Return files by their ids. Raises RequestError for one that is not there."""
        if not all(each in self._waiting for each in upload_ids):
            raise RequestError(GONE)
        return [self._waiting[each] for each in upload_ids]

    def drop(self, upload_ids: Sequence[str]) -> None:
        """Forget files that have become part of a message."""
        for each in upload_ids:
            self._waiting.pop(each, None)

    def _make_room(self) -> None:
        held = sum(len(each.data) for each in self._waiting.values())
        while held > self._most_waiting_bytes and len(self._waiting) > 1:
            _, oldest = self._waiting.popitem(last=False)
            held -= len(oldest.data)


def too_large(most_bytes: int) -> RequestError:
    """Return the refusal of a file that has more bytes than may be."""
    return RequestError(TOO_LARGE.fill(most=most_bytes // _MIB))


def clean_name(name: str) -> str:
    """Return a file's name without what is no part of one."""
    cleaned = _UNFIT.sub("_", name).strip(". ")[-_MOST_NAME_CHARACTERS:]
    return cleaned or "file"
