"""Files that were attached: kept in memory, and sent to who knows their address."""

from __future__ import annotations

import mimetypes
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from aiohttp import web

from bot.demo.discord.picture_size import picture_size
from bot.demo.discord.refusals import Refusal

_PIECE_BYTES = 2**18


@dataclass(eq=False)
class File:
    """A file, before it is sent and afterwards."""

    name: str
    data: bytes = field(repr=False)
    content_type: str | None = None
    description: str | None = None
    id: int = 0
    """0 until it is kept."""
    key: str = field(default="", repr=False)
    """Part of its address, so that nobody finds it by counting."""
    is_ephemeral: bool = False
    duration_seconds: float | None = None
    """Of a voice message, as is the next."""
    waveform: str | None = None

    @property
    def media_type(self) -> str:
        """What kind of file it is, as far as its name tells."""
        guessed = self.content_type or mimetypes.guess_type(self.name)[0]
        return guessed or "application/octet-stream"

    @property
    def size(self) -> int:
        """How many bytes it is said to have."""
        return len(self.data)

    def as_json(self, base: str) -> dict[str, Any]:
        """Return it as Discord writes an attachment; its address begins with `base`."""
        address = f"{base}/attachments/{self.id}/{quote(self.name)}?hm={self.key}"
        said: dict[str, Any] = {
            "id": str(self.id),
            "filename": self.name,
            "size": self.size,
            "url": address,
            "proxy_url": address,
            "content_type": self.content_type or mimetypes.guess_type(self.name)[0],
            "flags": 0,
        }
        if self.description:
            said["description"] = self.description
        if self.waveform is not None:
            said |= {"duration_secs": self.duration_seconds, "waveform": self.waveform}
        size = picture_size(self.data) if self.media_type.startswith("image/") else None
        if size is not None:
            said["width"], said["height"] = size
        return said | ({"ephemeral": True} if self.is_ephemeral else {})

    async def send(self, request: web.Request) -> web.StreamResponse:
        """Answer who asks for it, or for a part of it."""
        span = request.http_range
        begin, end, _ = span.indices(len(self.data))
        is_part = span.start is not None or span.stop is not None
        if is_part and begin >= end:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{len(self.data)}"})
        answer = web.StreamResponse(status=206 if is_part else 200)
        answer.content_type = self.media_type
        answer.content_length = end - begin
        answer.headers["Accept-Ranges"] = "bytes"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        # What people send is never run where the page is.
        answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        if is_part:
            answer.headers["Content-Range"] = f"bytes {begin}-{end - 1}/{len(self.data)}"
        try:
            await answer.prepare(request)
            for at in range(begin, end, _PIECE_BYTES):
                await answer.write(self.data[at : min(end, at + _PIECE_BYTES)])
        except ConnectionError:
            return answer
        return answer


class FileStore:
    """Every file that was attached, by its id."""

    def __init__(self) -> None:
        self.files: dict[int, File] = {}

    def keep(self, file: File, id_: int) -> File:
        """Give a file an address."""
        if not file.id:
            file.id, file.key = id_, secrets.token_hex(16)
            self.files[file.id] = file
        return file

    def find(self, id_: str, key: str) -> File:
        """Return a file. Raises Refusal, also for a key that is not its own."""
        file = self.files.get(int(id_)) if id_.isdecimal() else None
        if file is None or not secrets.compare_digest(file.key.encode(), key.encode()):
            raise Refusal(404, 0, body={"message": "404: Not Found"})
        return file

    def forget(self, file: File) -> None:
        """Free a file that is attached to nothing any more."""
        self.files.pop(file.id, None)
