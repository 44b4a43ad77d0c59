"""Attachments whose URLs may fail or return something else."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.demo.discord import files


@dataclass(eq=False)
class File(files.File):
    """An attachment, and the response of its URL."""

    declared_bytes: int | None = None
    status: int = 200
    """The status of the response."""
    cut_after: int | None = None
    """Number of bytes after which the connection breaks."""
    endless_bytes: int = 0
    """The data is repeated until so many bytes were sent."""
    sent_bytes: int = 0
    fetched: int = 0

    @property
    def size(self):
        return len(self.data) if self.declared_bytes is None else self.declared_bytes

    async def send(self, request):
        """Respond to a request for it."""
        self.fetched += 1
        if self.status != 200:
            return web.Response(status=self.status, text="This content is no longer available.")
        answer = web.StreamResponse()
        if not self.endless_bytes:
            answer.content_length = len(self.data)
        await answer.prepare(request)
        data = self.data if self.cut_after is None else self.data[: self.cut_after]
        sent_bytes = 0
        try:
            while sent_bytes < max(1, self.endless_bytes):
                await answer.write(data)
                sent_bytes += len(data)
        except ConnectionError:
            return answer
        finally:
            self.sent_bytes += sent_bytes
        if self.cut_after is not None:
            request.transport.abort()
        return answer
