"""Serve the demo's page until the block ends."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from bot.demo.client.access_control import is_loopback, reachable_address
from bot.demo.client.site import Site
from bot.demo.discord.people import Person
from bot.demo.discord.state import Discord


@asynccontextmanager
async def open_site(
    discord: Discord,
    people: Mapping[str, Person],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    listening: socket.socket | None = None,
    secret: str | None = None,
) -> AsyncIterator[Site]:
    """Serve the page for these people; `/` opens it as the first.

    A listening socket replaces host and port. Raises OSError if the port is not available,
    ValueError for an address beyond this machine without a secret.
    """
    if listening is not None:
        host = str(listening.getsockname()[0])
    if secret is None and not is_loopback(host):
        raise ValueError("an address beyond this machine needs a secret")
    site = Site(discord, people, secret=secret)
    runner = web.AppRunner(site.app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        if listening is None:
            await web.TCPSite(runner, host, port).start()
        else:
            await web.SockSite(runner, listening).start()
        bound = runner.addresses[0]
        address = reachable_address(bound[0])
        name = f"[{address}]" if ":" in address else address
        site.base = f"http://{name}:{bound[1]}"
        yield site
    finally:
        await site.close()
        await runner.cleanup()
