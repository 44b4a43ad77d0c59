"""Open a local Discord server on this machine, for a bot and for people.

    async with open_discord() as discord:
        anna = discord.add_person("Anna")
        channel = discord.add_channel("music")
        ...                     # let a bot connect: `bot.app.discord_address.point_discord_at`
        await talk.send_message(discord, anna, channel.id, "hello")

Actions of people are in `bot.demo.discord.actions`, what they see is in `bot.demo.discord.reading`
and in the events of `Discord.subscribe`. It follows Discord's public documentation.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.demo.discord.poll_results import end_due_polls
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.rest import Middleware, Rest
from bot.demo.discord.state import Discord
from bot.demo.discord.voice.moves import handle_voice_state_update

_MOST_BODY_BYTES = 256 * 2**20
_TICK_SECONDS = 1.0
"""Seconds between checks for expired polls and interactions."""


def file_handler(discord: Discord) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return the handler of /attachments/{id}/{name}."""

    async def send_file(request: web.Request) -> web.StreamResponse:
        try:
            file = discord.files.find(request.match_info["id"], request.query.get("hm", ""))
        except Refusal as refusal:
            return web.json_response(refusal.body, status=refusal.status)
        return await file.send(request)

    return send_file


@asynccontextmanager
async def serve(
    discord: Discord, *, port: int = 0, middleware: Middleware | None = None
) -> AsyncIterator[None]:
    """Serve a Discord to a bot on loopback, at `discord.base`. Raises OSError."""
    rest = Rest(discord) if middleware is None else Rest(discord, middleware)
    app = web.Application(client_max_size=_MOST_BODY_BYTES)
    app.router.add_route("*", "/api/v10/{path:.*}", rest.handle)
    app.router.add_get("/gateway", discord.gateway.handle)
    app.router.add_get("/voice/", discord.voice.server.handle)
    app.router.add_get("/attachments/{id}/{name}", file_handler(discord))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        discord.base = "http://{}:{}".format(*runner.addresses[0])
        discord.gateway_url = discord.base.replace("http", "ws") + "/gateway"
        discord.gateway.hear_voice = functools.partial(handle_voice_state_update, discord)
        await discord.voice.server.open(discord.base.removeprefix("http://") + "/voice")
        ending = asyncio.create_task(_keep_time(discord), name="time")
        try:
            yield
        finally:
            ending.cancel()
            await asyncio.gather(ending, return_exceptions=True)
    finally:
        await discord.gateway.close()
        await discord.voice.server.close()
        await runner.cleanup()


async def _keep_time(discord: Discord) -> None:
    while True:
        await asyncio.sleep(_TICK_SECONDS)
        await end_due_polls(discord)
        discord.forget_expired()


@asynccontextmanager
async def open_discord(
    clock: Callable[[], float] = time.time, *, port: int = 0
) -> AsyncIterator[Discord]:
    """Open a Discord with one server, its owner and the bot."""
    discord = Discord(clock)
    async with serve(discord, port=port):
        yield discord
