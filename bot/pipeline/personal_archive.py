"""All that is kept of a person, packed into files that Discord takes."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
import zlib
from collections.abc import AsyncIterator

from bot.store.personal_data import Page

# What the format of the archive itself takes, for an entry and at the end.
_ENTRY_BYTES = 512
_LEVEL = 6


async def pack_pages(pages: AsyncIterator[Page], max_bytes: int) -> AsyncIterator[bytes]:
    """Yield zip files of at most `max_bytes`, each page of rows a JSON file in one of them.

    A page that is larger, even compressed, has a zip file of its own. One at a time is in memory.
    """
    archive = _Archive()
    async for page in pages:
        data = json.dumps(page.rows, ensure_ascii=False, indent=1).encode()
        compressed_bytes = len(await asyncio.to_thread(zlib.compress, data, _LEVEL))
        if archive.entries and archive.size + compressed_bytes + _ENTRY_BYTES > max_bytes:
            yield archive.close()
            archive = _Archive()
        await asyncio.to_thread(archive.add, f"{page.kind}-{page.number}.json", data)
    yield archive.close()


class _Archive:
    """A zip file in memory."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        self._zip = zipfile.ZipFile(
            self._bytes, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL, strict_timestamps=False
        )
        self.entries = 0

    @property
    def size(self) -> int:
        """Return how many bytes it would have if it were closed now, at the most."""
        return self._bytes.tell() + self.entries * _ENTRY_BYTES

    def add(self, name: str, data: bytes) -> None:
        """Add a file."""
        self._zip.writestr(name, data)
        self.entries += 1

    def close(self) -> bytes:
        """Return the finished file."""
        self._zip.close()
        return self._bytes.getvalue()
