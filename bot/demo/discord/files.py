"""Attachments: kept in memory, and served to whoever knows the address."""

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
    """A file, before and after it is sent."""

    name: str
    data: bytes = field(repr=False)
    content_type: str | None = None
    description: str | None = None
    id: int = 0
    """0 until it is stored."""
    key: str = field(default="", repr=False)
    """A random part of its address, which makes it unguessable."""
    is_ephemeral: bool = False
    duration_seconds: float | None = None
    """Of a voice message, like the next field."""
    waveform: str | None = None

    @property
    def media_type(self) -> str:
        """The media type, guessed from the file name."""
        guessed = self.content_type or mimetypes.guess_type(self.name)[0]
        return guessed or "application/octet-stream"

    @property
    def size(self) -> int:
        """The declared size in bytes."""
        return len(self.data)

    def as_json(self, base: str) -> dict[str, Any]:
        """Return it as Discord's attachment JSON; its URL begins with `base`."""
        address = f"{base}/attachments/{self.id}/{quote(self.name)}?hm={self.key}"
        attachment: dict[str, Any] = {
            "id": str(self.id),
            "filename": self.name,
            "size": self.size,
            "url": address,
            "proxy_url": address,
            "content_type": self.content_type or mimetypes.guess_type(self.name)[0],
            "flags": 0,
        }
        if self.description:
            attachment["description"] = self.description
        if self.waveform is not None:
            attachment |= {"duration_secs": self.duration_seconds, "waveform": self.waveform}
        size = picture_size(self.data) if self.media_type.startswith("image/") else None
        if size is not None:
            attachment["width"], attachment["height"] = size
        return attachment | ({"ephemeral": True} if self.is_ephemeral else {})

    async def send(self, request: web.Request) -> web.StreamResponse:
        """Serve the file or a byte range of it."""
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
        # An uploaded file must never run as a script of the page's origin.
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
    """All attachments by id."""

    def __init__(self) -> None:
        self.files: dict[int, File] = {}

    def keep(self, file: File, id_: int) -> File:
        """Store a file and assign its address."""
        if not file.id:
            file.id, file.key = id_, secrets.token_hex(16)
            self.files[file.id] = file
        return file

    def find(self, id_: str, key: str) -> File:
        """Return a file. Raises Refusal, also for a wrong key."""
        file = self.files.get(int(id_)) if id_.isdecimal() else None
        if file is None or not secrets.compare_digest(file.key.encode(), key.encode()):
            raise Refusal(404, 0, body={"message": "404: Not Found"})
        return file

    def forget(self, file: File) -> None:
        """Free a file that is no longer attached to anything."""
        self.files.pop(file.id, None)
