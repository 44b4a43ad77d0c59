"""Discord's gateway: identified bots get events, and get missed ones again after a resume."""

from __future__ import annotations

import json
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Any

import aiohttp
from aiohttp import web

from bot.demo.discord.gateway_frames import Operation, send

log = logging.getLogger(__name__)

HEARTBEAT_MS = 41_250
KEPT_EVENTS = 5000
"""The maximum number of missed events that a resume can replay."""
_BAD_TOKEN, _BAD_INTENTS, _GOING_AWAY = 4004, 4014, 1001


class Intent(IntFlag):
    """The events that a bot subscribes to; events with 0 go to every bot."""

    NONE = 0
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_MODERATION = 1 << 2
    GUILD_EXPRESSIONS = 1 << 3
    GUILD_VOICE_STATES = 1 << 7
    PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_REACTIONS = 1 << 10
    GUILD_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_REACTIONS = 1 << 13
    DIRECT_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15
    GUILD_POLLS = 1 << 24
    DIRECT_POLLS = 1 << 25


PRIVILEGED = Intent.GUILD_MEMBERS | Intent.PRESENCES | Intent.MESSAGE_CONTENT

Event = tuple[str, Any]


Shard = tuple[int, int]


def shard_of(guild_id: int | None, count: int) -> int:
    """Return the number of the shard, of `count`, that gets a server's events."""
    return 0 if guild_id is None else (guild_id >> 22) % count


def _place_of(event: str, data: Any) -> int | None:  # noqa: ANN401 - whatever JSON there is
    """Return the id of the server that an event belongs to."""
    fields = data if isinstance(data, dict) else {}
    name = "id" if event in ("GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE") else "guild_id"
    return int(fields[name]) if fields.get(name) else None


@dataclass
class Session:
    """One identified connection, with its latest events for a resume."""

    intents: Intent
    shard: Shard = (0, 1)
    """The shard's number, and the number of shards."""
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    """The latest events."""
    number: int = 0
    """The number of all events so far."""
    socket: web.WebSocketResponse | None = None
    is_valid: bool = True

    def receives_from(self, guild_id: int | None) -> bool:
        """Return whether this shard gets events of a server, or, for None, of no server."""
        number, count = self.shard
        return shard_of(guild_id, count) == number

    def keeps(self, heard: int) -> bool:
        """Return whether all events after the first `heard` are still kept."""
        return self.number - len(self.events) <= heard <= self.number


class Gateway:
    """The gateway for one bot."""

    def __init__(
        self,
        *,
        admits: Callable[[str], bool],
        greet: Callable[[str, Shard], list[Event]],
        note_presence: Callable[[bool], None],
    ) -> None:
        """Take `admits`, which checks tokens, and `greet`, which makes a session's first events.

        `greet` is given the session's id and shard; `note_presence` is called when the bot connects
        or disconnects.
        """
        self._admits, self._greet, self._note_presence = admits, greet, note_presence
        self.hear_voice: Callable[[dict[str, Any]], Awaitable[None]] | None = None
        """Handler of the bot's voice state updates."""
        self.granted_intents = Intent.NONE
        """The privileged intents that the bot may request."""
        self.sessions: dict[int, Session] = {}
        """Sessions by shard number."""
        self.shards = 1
        """The recommended number of shards."""
        self.identified = self.resumed = self.refused = 0

    @property
    def is_connected(self) -> bool:
        """Whether the bot is connected."""
        return bool(self.sessions) and all(each.socket for each in self.sessions.values())

    @property
    def session(self) -> Session | None:
        """The session of the first shard, which is the only one of most bots."""
        return self.sessions.get(0)

    def forget_sessions(self) -> None:
        """Invalidate all sessions, so that none can resume."""
        self.sessions.clear()

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until it ends."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await send(socket, Operation.HELLO, {"heartbeat_interval": HEARTBEAT_MS})
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._handle_message(socket, json.loads(message.data))
        finally:
            for session in self.sessions.values():
                if session.socket is socket:
                    session.socket = None
                    self._note_presence(False)
        return socket

    async def dispatch(self, event: str, data: Any, intent: Intent = Intent.NONE) -> None:  # noqa: ANN401 - whatever JSON there is
        """Send an event to the bot, at once or on its resume."""
        guild_id = _place_of(event, data)
        for session in list(self.sessions.values()):
            if session.receives_from(guild_id) and not (intent and not session.intents & intent):
                await self._tell(session, event, data)

    async def _tell(self, session: Session, event: str, data: Any) -> None:  # noqa: ANN401
        session.events.append((event, data))
        session.number += 1
        if session.socket is not None:
            await send(session.socket, Operation.EVENT, data, event, session.number)

    async def close(self) -> None:
        """Close the connection."""
        for session in list(self.sessions.values()):
            if session.socket is not None:
                await session.socket.close(code=_GOING_AWAY)

    async def _handle_message(self, socket: web.WebSocketResponse, data: dict[str, Any]) -> None:
        match data["op"]:
            case Operation.HEARTBEAT:
                await send(socket, Operation.HEARTBEAT_ACK, None)
            case Operation.IDENTIFY:
                await self._identify(socket, data["d"])
            case Operation.RESUME:
                await self._resume(socket, data["d"])
            case Operation.VOICE_STATE:
                if self.hear_voice is not None:
                    await self.hear_voice(data["d"])
            case Operation.PRESENCE | Operation.REQUEST_MEMBERS:
                pass
            case other:
                log.warning("discord.unknown_operation op=%s", other)

    def close_code(self, identify: dict[str, Any]) -> int | None:
        """Return the close code for a refused identify, or None."""
        if not self._admits(identify["token"]):
            return _BAD_TOKEN
        if identify["intents"] & PRIVILEGED & ~self.granted_intents:
            return _BAD_INTENTS
        return None

    async def _identify(self, socket: web.WebSocketResponse, fields: dict[str, Any]) -> None:
        self.identified += 1
        code = self.close_code(fields)
        if code is not None:
            self.refused += 1
            await socket.close(code=code)
            return
        number, count = fields.get("shard") or (0, 1)
        session = Session(Intent(fields["intents"]), (number, count), socket=socket)
        # A new number of shards replaces all earlier sessions, which get no more events.
        kept = {n: each for n, each in self.sessions.items() if each.shard[1] == count}
        self.sessions = kept | {number: session}
        for event, data in self._greet(session.id, session.shard):
            await self._tell(session, event, data)
        self._note_presence(True)

    async def _resume(self, socket: web.WebSocketResponse, resume: dict[str, Any]) -> None:
        found = (each for each in self.sessions.values() if each.id == resume["session_id"])
        session = next(found, None)
        number = self.first_missed(resume["seq"])
        known = session is not None and session.is_valid
        known = known and session is not None and session.keeps(number)
        if session is None or not known or not self._admits(resume["token"]):
            self.refused += 1
            await send(socket, Operation.INVALID_SESSION, False)
            return
        self.resumed += 1
        while number < session.number:
            event, data = session.events[number - session.number]
            number += 1
            await send(socket, Operation.EVENT, data, event, number)
        session.socket = socket
        await self._tell(session, "RESUMED", {})
        self._note_presence(True)

    def first_missed(self, heard: int) -> int:
        """Return the number of the last event that a resuming bot has received."""
        return heard
