"""Discord's gateway: who identifies is told what happens, and told again after a resume."""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

HEARTBEAT_MS = 41_250
PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15
_EVENT, _BEAT, _IDENTIFY, _PRESENCE, _RESUME, _AGAIN, _INVALID, _HELLO, _ACK = (
    0, 1, 2, 3, 6, 7, 9, 10, 11,
)  # fmt: skip


@dataclass
class Session:
    """What one identified bot was told, so that it can be told again."""

    id: str = field(default_factory=lambda: secrets.token_hex(16))
    events: list[tuple[str, Any]] = field(default_factory=list)
    socket: web.WebSocketResponse | None = None
    is_valid: bool = True


class Gateway:
    """The door for one bot."""

    def __init__(self, wire):
        self.wire = wire
        self.session: Session | None = None
        self.identified = self.resumed = self.refused = 0
        self.closes_with: int | None = None
        """Close who identifies with this code."""
        self.repeats = 0
        """So many events are repeated at the next resume, although they were received."""
        self.open = asyncio.Event()
        self.open.set()
        self._transport: asyncio.Transport | None = None

    async def handle(self, request):
        """Keep one connection until it breaks."""
        # While it is closed, connections hang without an answer.
        await self.open.wait()
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        self._transport = request.transport
        await _send(socket, _HELLO, {"heartbeat_interval": HEARTBEAT_MS})
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._handle_message(socket, json.loads(message.data))
        finally:
            if self.session is not None and self.session.socket is socket:
                self.session.socket = None
            self.wire.changed()
        return socket

    async def dispatch(self, event, data):
        """Tell the bot of something, now or when it resumes."""
        session = self.session
        if session is None:
            return
        session.events.append((event, data))
        if session.socket is not None:
            await _send(session.socket, _EVENT, data, event, len(session.events))

    async def drop(self, code=None, *, shut=False):
        """Break the connection, or close it with a code; `shut` leaves the door shut."""
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
        """Let the session be over, so that only a new one helps."""
        session = self.session
        session.is_valid = False
        await _send(session.socket, _INVALID, False)

    async def ask_to_reconnect(self):
        """Ask the bot to come again, as before a server of Discord's restarts."""
        await _send(self.session.socket, _AGAIN, None)

    async def close(self):
        """Close the connection."""
        self.open.set()
        if self.session is not None and self.session.socket is not None:
            await self.session.socket.close(code=1001)

    async def _handle_message(self, socket, data):
        match data["op"]:
            case 1:
                await _send(socket, _ACK, None)
            case 2:
                await self._identify(socket, data["d"])
            case 6:
                await self._resume(socket, data["d"])
            case 3:
                pass
            case other:
                self.wire.unknown.append(f"gateway op {other}")

    async def _identify(self, socket, data):
        self.identified += 1
        code = self.closes_with
        if data["token"] != self.wire.token:
            code = 4004
        elif data["intents"] & PRIVILEGED & ~self.wire.granted_intents:
            code = 4014
        if code is not None:
            self.refused += 1
            await socket.close(code=code)
            return
        self.session = session = Session(socket=socket)
        guild = self.wire.guild_json()
        ready = {
            "v": 10,
            "user": self.wire.me.as_json(),
            "guilds": [{"id": guild["id"], "unavailable": True}],
            "session_id": session.id,
            "resume_gateway_url": self.wire.gateway_url,
            "application": {"id": str(self.wire.application_id), "flags": 0},
        }
        await self.dispatch("READY", ready)
        await self.dispatch("GUILD_CREATE", guild)
        self.wire.changed()

    async def _resume(self, socket, data):
        session = self.session
        known = session is not None and session.is_valid and data["session_id"] == session.id
        if data["token"] != self.wire.token or not known:
            self.refused += 1
            await _send(socket, _INVALID, False)
            return
        self.resumed += 1
        number = max(0, data["seq"] - self.repeats)
        self.repeats = 0
        while number < len(session.events):
            event, data = session.events[number]
            number += 1
            await _send(socket, _EVENT, data, event, number)
        session.socket = socket
        await self.dispatch("RESUMED", {})
        self.wire.changed()


async def _send(socket, op, data, event=None, number=None):
    try:
        await socket.send_str(json.dumps({"op": op, "d": data, "s": number, "t": event}))
    except (ConnectionError, RuntimeError):
        # It broke meanwhile: an event waits for the resume.
        return
