"""Pack all data of a person into zip files that fit Discord's upload limit."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
import zlib
from collections.abc import AsyncIterator

from bot.store.personal_data import Page

# Overhead of the zip format: for an entry, and for the end of the file.
_ENTRY_BYTES = 512
_LEVEL = 6


async def pack_pages(pages: AsyncIterator[Page], max_bytes: int) -> AsyncIterator[bytes]:
    """Yield zip files of at most `max_bytes`, with a JSON file for each page of rows.

    A page that is larger even when compressed gets a zip file of its own. Only one is in memory at
    a time.
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
        """Return an upper bound of its size in bytes if it were closed now."""
        return self._bytes.tell() + self.entries * _ENTRY_BYTES

    def add(self, name: str, data: bytes) -> None:
        """Add a file."""
        self._zip.writestr(name, data)
        self.entries += 1

    def close(self) -> bytes:
        """Return the finished file."""
        self._zip.close()
        return self._bytes.getvalue()
