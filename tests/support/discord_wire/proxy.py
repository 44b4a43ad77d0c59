"""An HTTP proxy as the only way to a simulated Discord whose name can't be resolved."""

from __future__ import annotations

import asyncio
import base64
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from bot.app.discord_proxy import find_proxy

USER, PASSWORD = "someone", "s3cret"
_ALLOWED = base64.b64encode(f"{USER}:{PASSWORD}".encode())


@asynccontextmanager
async def open_proxy(wire):
    """Open a proxy that requires a password; yield it and the list of requests.

    The list has the first lines of connections. Bytes are forwarded unchanged.
    """
    place = urlsplit(wire.base)
    asked, pumps = [], set()

    async def pump(reader, writer):
        with suppress(ConnectionError):
            while data := await reader.read(2**16):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def handle(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        if _ALLOWED not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            writer.close()
            return
        asked.append(head.split(b"\r\n")[0].decode())
        there, on = await asyncio.open_connection(place.hostname, place.port)
        on.write(head)
        for ends in ((reader, on), (there, writer)):
            pumps.add(asyncio.create_task(pump(*ends)))

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    wire.base, wire.gateway_url = "http://discord.invalid", "ws://discord.invalid/gateway"
    port = server.sockets[0].getsockname()[1]
    try:
        yield find_proxy(f"http://{USER}:{PASSWORD}@127.0.0.1:{port}", {}), asked
    finally:
        server.close()
        for each in pumps:
            each.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
