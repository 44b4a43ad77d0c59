"""A gateway that breaks, closes and repeats events on purpose."""

from __future__ import annotations

import asyncio

from bot.demo.discord import gateway
from bot.demo.discord.gateway_frames import Operation, send


class Gateway(gateway.Gateway):
    """The gateway of one bot, with injected faults."""

    def __init__(self, *, changed, **parts):
        super().__init__(**parts)
        self._changed = changed
        self.closes_with: int | None = None
        """The close code for an identify."""
        self.repeats = 0
        """So many events are repeated at the next resume, although they were received."""
        self.holds_back: str | None = None
        """Events of this name wait until `lets_go` is set."""
        self.lets_go = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()
        self._transport: asyncio.Transport | None = None

    async def handle(self, request):
        """Keep one connection until it breaks."""
        # While it is closed, connections hang without a response.
        await self.open.wait()
        self._transport = request.transport
        try:
            return await super().handle(request)
        finally:
            self._changed()

    def close_code(self, identify):
        return super().close_code(identify) if self.closes_with is None else self.closes_with

    def first_missed(self, heard):
        number = max(0, heard - self.repeats)
        self.repeats = 0
        return number

    async def dispatch(self, event, data, intent=gateway.Intent.NONE):
        """Send the bot an event, unless it is held back."""
        if event == self.holds_back:
            await self.lets_go.wait()
        await super().dispatch(event, data, intent)

    async def drop(self, code=None, *, shut=False):
        """Break the connection, or close it with a code; `shut` refuses new ones."""
        if shut:
            self.open.clear()
        session = self.session
        socket = session.socket
        session.socket = None
        if code is None:
            self._transport.abort()
        else:
            await socket.close(code=code)

    async def invalidate(self):
        """Invalidate the session, so that the bot must identify again."""
        self.session.is_valid = False
        await self._send(Operation.INVALID_SESSION, False)

    async def ask_to_reconnect(self):
        """Send a reconnect request, as a Discord server does before it restarts."""
        await self._send(Operation.RECONNECT, None)

    async def _send(self, operation, data):
        socket = self.session.socket
        assert socket is not None
        await send(socket, operation, data)

    async def close(self):
        """Close the connection."""
        self.open.set()
        await super().close()
