"""Download an attachment, with limits on bytes and time."""

from __future__ import annotations

import logging

import aiohttp

from bot.app.discord_proxy import Proxy
from bot.errors import SoundError
from bot.i18n.sentence import Sentence

log = logging.getLogger(__name__)

NOT_FETCHED = Sentence("This file could not be fetched from Discord. Please attach it again.")
TOO_LARGE = Sentence("This file is too large: up to {limit} can be used.")

_SECONDS = 30.0
_TRIES = 2
_CHUNK_BYTES = 2**16


async def fetch(url: str, max_bytes: int, *, proxy: Proxy | None = None) -> bytes:
    """Return the contents of an attachment's URL; the declared size is not trusted.

    Retried once. Raises SoundError for a file that is too large or can't be downloaded.
    """
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for _ in range(_TRIES):
            try:
                return await _body(session, url, max_bytes, proxy)
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                # The URL contains a signature, which must not be logged.
                log.info("upload.not_fetched %s", type(error).__name__)
    raise SoundError(NOT_FETCHED)


def too_large(max_bytes: int) -> SoundError:
    """Return the error for a file over the limit."""
    return SoundError(TOO_LARGE.fill(limit=f"{max_bytes // 2**20} MB"))


async def _body(
    session: aiohttp.ClientSession, url: str, max_bytes: int, proxy: Proxy | None
) -> bytes:
    body = bytearray()
    address = proxy.url if proxy else None
    async with session.get(url, raise_for_status=True, proxy=address) as response:
        async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
            body += chunk
            if len(body) > max_bytes:
                raise too_large(max_bytes)
    return bytes(body)
