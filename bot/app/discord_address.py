"""Use another server as Discord, for the demo and tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import discord
import yarl


@contextmanager
def point_discord_at(base: str) -> Iterator[None]:
    """Make discord.py use the server at a URL, such as http://127.0.0.1:1234, as Discord."""
    route, socket = discord.http.Route, discord.gateway.DiscordWebSocket
    before = route.BASE, socket.DEFAULT_GATEWAY
    connect = discord.http.HTTPClient.ws_connect

    async def connect_plainly(
        client: discord.http.HTTPClient, url: str, *, compress: int = 0
    ) -> aiohttp.ClientWebSocketResponse:
        # discord.py supports only encrypted voice connections.
        return await connect(client, url.replace("wss://", "ws://", 1), compress=compress)

    route.BASE = f"{base}/api/v10"
    socket.DEFAULT_GATEWAY = yarl.URL(base.replace("http", "ws") + "/gateway")
    discord.http.HTTPClient.ws_connect = connect_plainly  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        discord.http.HTTPClient.ws_connect = connect  # type: ignore[method-assign]
        route.BASE, socket.DEFAULT_GATEWAY = before
