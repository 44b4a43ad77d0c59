"""Discord's gateway: who identifies is told what happens, and told again after a resume."""

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

log = logging.getLogger(__name__)

HEARTBEAT_MS = 41_250
KEPT_EVENTS = 5000
"""How many a bot can have missed and be told of when it resumes."""
_EVENT, _BEAT, _IDENTIFY, _PRESENCE, _VOICE, _RESUME, _AGAIN, _MEMBERS, _INVALID, _HELLO, _ACK = (
    0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11,
)  # fmt: skip
_BAD_TOKEN, _BAD_INTENTS, _GOING_AWAY = 4004, 4014, 1001


class Intent(IntFlag):
    """What a bot asks to be told of; 0 is told to every bot."""

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
    """Return the number of the connection, of so many, on which a server is heard."""
    return 0 if guild_id is None else (guild_id >> 22) % count


def _place_of(event: str, data: Any) -> int | None:  # noqa: ANN401 - whatever JSON there is
    """Return the server that an event is of."""
    said = data if isinstance(data, dict) else {}
    name = "id" if event in ("GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE") else "guild_id"
    return int(said[name]) if said.get(name) else None


@dataclass
class Session:
    """What one identified bot was told, so that it can be told again."""

    intents: Intent
    shard: Shard = (0, 1)
    """Its number, and how many there are."""
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    """The latest of them."""
    number: int = 0
    """How many there were."""
    socket: web.WebSocketResponse | None = None
    is_valid: bool = True

    def hears_of(self, guild_id: int | None) -> bool:
        """Return whether this is the one for a server, or for what is on none."""
        number, count = self.shard
        return shard_of(guild_id, count) == number

    def keeps(self, heard: int) -> bool:
        """Return whether all is known still that came after so many events."""
        return self.number - len(self.events) <= heard <= self.number


class Gateway:
    """The door for one bot."""

    def __init__(
        self,
        *,
        admits: Callable[[str], bool],
        greet: Callable[[str, Shard], list[Event]],
        note_presence: Callable[[bool], None],
    ) -> None:
        """Take what tells whether a token is known, and what a new session is told.

        `greet` is given the session's id and shard; `note_presence` hears whether the bot is there.
        """
        self._admits, self._greet, self._note_presence = admits, greet, note_presence
        self.hear_voice: Callable[[dict[str, Any]], Awaitable[None]] | None = None
        """What is told where the bot wants to be heard."""
        self.granted_intents = Intent.NONE
        """The privileged intents that the bot may ask for."""
        self.sessions: dict[int, Session] = {}
        """By the number of their shard."""
        self.shards = 1
        """How many are recommended."""
        self.identified = self.resumed = self.refused = 0

    @property
    def is_connected(self) -> bool:
        """Whether the bot hears."""
        return bool(self.sessions) and all(each.socket for each in self.sessions.values())

    @property
    def session(self) -> Session | None:
        """That of the first shard, which most bots have alone."""
        return self.sessions.get(0)

    def forget_sessions(self) -> None:
        """Let nobody resume: the bot is gone."""
        self.sessions.clear()

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Keep one connection until it breaks."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await send(socket, _HELLO, {"heartbeat_interval": HEARTBEAT_MS})
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
        """Tell the bot of something, now or when it resumes."""
        guild_id = _place_of(event, data)
        for session in list(self.sessions.values()):
            if session.hears_of(guild_id) and not (intent and not session.intents & intent):
                await self._tell(session, event, data)

    async def _tell(self, session: Session, event: str, data: Any) -> None:  # noqa: ANN401
        session.events.append((event, data))
        session.number += 1
        if session.socket is not None:
            await send(session.socket, _EVENT, data, event, session.number)

    async def close(self) -> None:
        """Close the connection."""
        for session in list(self.sessions.values()):
            if session.socket is not None:
                await session.socket.close(code=_GOING_AWAY)

    async def _handle_message(self, socket: web.WebSocketResponse, data: dict[str, Any]) -> None:
        match data["op"]:
            case 1:
                await send(socket, _ACK, None)
            case 2:
                await self._identify(socket, data["d"])
            case 6:
                await self._resume(socket, data["d"])
            case 4:
                if self.hear_voice is not None:
                    await self.hear_voice(data["d"])
            case 3 | 8:
                pass
            case other:
                log.warning("discord.unknown_operation op=%s", other)

    def close_code(self, said: dict[str, Any]) -> int | None:
        """Return what who identifies is refused with, if so."""
        if not self._admits(said["token"]):
            return _BAD_TOKEN
        if said["intents"] & PRIVILEGED & ~self.granted_intents:
            return _BAD_INTENTS
        return None

    async def _identify(self, socket: web.WebSocketResponse, said: dict[str, Any]) -> None:
        self.identified += 1
        code = self.close_code(said)
        if code is not None:
            self.refused += 1
            await socket.close(code=code)
            return
        number, count = said.get("shard") or (0, 1)
        session = Session(Intent(said["intents"]), (number, count), socket=socket)
        # Another number of shards is another bot, whose old connections hear nothing more.
        kept = {n: each for n, each in self.sessions.items() if each.shard[1] == count}
        self.sessions = kept | {number: session}
        for event, data in self._greet(session.id, session.shard):
            await self._tell(session, event, data)
        self._note_presence(True)

    async def _resume(self, socket: web.WebSocketResponse, said: dict[str, Any]) -> None:
        found = (each for each in self.sessions.values() if each.id == said["session_id"])
        session = next(found, None)
        number = self.first_missed(said["seq"])
        known = session is not None and session.is_valid
        known = known and session is not None and session.keeps(number)
        if session is None or not known or not self._admits(said["token"]):
            self.refused += 1
            await send(socket, _INVALID, False)
            return
        self.resumed += 1
        while number < session.number:
            event, data = session.events[number - session.number]
            number += 1
            await send(socket, _EVENT, data, event, number)
        session.socket = socket
        await self._tell(session, "RESUMED", {})
        self._note_presence(True)

    def first_missed(self, heard: int) -> int:
        """Return how many events a bot that resumes is not told again."""
        return heard


async def send(
    socket: web.WebSocketResponse,
    op: int,
    data: Any,  # noqa: ANN401 - whatever JSON there is
    event: str | None = None,
    number: int | None = None,
) -> None:
    """Send one frame; one that can't be sent waits for the resume."""
    try:
        await socket.send_str(json.dumps({"op": op, "d": data, "s": number, "t": event}))
    except (ConnectionError, RuntimeError):
        return
