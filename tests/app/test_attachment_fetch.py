"""Fetched files: the declared size is not trusted, and memory is bounded."""

from __future__ import annotations

from contextlib import asynccontextmanager

import psutil
import pytest
from aiohttp import web

from bot.app import attachment_fetch
from bot.errors import SoundError

LIMIT_BYTES = 2**20


@asynccontextmanager
async def served(answer):
    """A local server that gives every request the same response."""
    app = web.Application()
    app.router.add_get("/a.mp3", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = site._server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/a.mp3?signature=secret"
    finally:
        await runner.cleanup()


async def test_a_file_is_fetched_completely():
    """Up to exactly the allowed number of bytes."""
    body = bytes(range(256)) * (LIMIT_BYTES // 256)

    async def answer(request):
        return web.Response(body=body)

    async with served(answer) as url:
        assert await attachment_fetch.fetch(url, LIMIT_BYTES) == body
        with pytest.raises(SoundError, match="too large: up to 0 MB"):
            await attachment_fetch.fetch(url, LIMIT_BYTES - 1)


async def test_an_endless_download_is_aborted():
    """It declares nine bytes, or nothing, and never ends: reading stops at the limit."""
    sent = 0

    async def answer(request):
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(2**16))
            sent += 2**16

    before = psutil.Process().memory_info().rss
    async with served(answer) as url:
        with pytest.raises(SoundError, match="too large"):
            await attachment_fetch.fetch(url, LIMIT_BYTES)
    assert sent < 64 * LIMIT_BYTES
    assert psutil.Process().memory_info().rss - before < 64 * 2**20


@pytest.mark.parametrize("status", [403, 404, 500])
async def test_a_missing_file_gives_one_sentence(status, caplog):
    """The address expired or the message was deleted; the log has no signature."""

    async def answer(request):
        return web.Response(status=status, text="<html>gone</html>")

    caplog.set_level("DEBUG", logger="bot")
    async with served(answer) as url:
        with pytest.raises(SoundError, match="attach it again"):
            await attachment_fetch.fetch(url, LIMIT_BYTES)
    assert "secret" not in "".join(
        r.getMessage() for r in caplog.records if r.name == attachment_fetch.__name__
    )


async def test_an_interrupted_download_is_retried():
    """Once; the second response is complete."""
    tries = 0

    async def answer(request):
        nonlocal tries
        tries += 1
        if tries == 1:
            response = web.StreamResponse(headers={"Content-Length": "100"})
            await response.prepare(request)
            await response.write(b"half")
            request.transport.close()
            return response
        return web.Response(body=b"whole")

    async with served(answer) as url:
        assert await attachment_fetch.fetch(url, LIMIT_BYTES) == b"whole"
    assert tries == 2
