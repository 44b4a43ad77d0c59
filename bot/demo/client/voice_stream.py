"""The sound of a voice channel as an Ogg stream, which a browser plays as it arrives."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter

from aiohttp import web

from bot.demo.client.page_files import HEADERS
from bot.demo.client.sessions import Sessions
from bot.demo.discord.people import Person
from bot.demo.discord.state import Discord
from bot.demo.discord.voice import moves
from bot.demo.discord.voice.ogg_pages import OggPages

_MOST_WAITING = 250
"""The maximum number of 20 ms packets queued for a slow browser."""
_IN_PAGE = 5
_AWAY_SECONDS = 5.0
"""Seconds without a stream after which a person is removed from voice."""


class VoiceStreams:
    """The open streams of all listeners."""

    def __init__(
        self, discord: Discord, sessions: Sessions, *, away_seconds: float = _AWAY_SECONDS
    ) -> None:
        self._discord, self._sessions = discord, sessions
        self._open: Counter[int] = Counter()
        self._leaving: set[asyncio.Task[None]] = set()
        self._is_closed, self._away_seconds = False, away_seconds

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Stream the bot's sound in a person's channel until they leave."""
        found = self._sessions.read(request.query.get("session", ""))
        if found is None:
            raise web.HTTPUnauthorized
        person, guild = found[1], self._discord.guild
        if self._discord.voice.of(person, guild.id) is None:
            raise web.HTTPNotFound
        answer = web.StreamResponse(headers=HEADERS)
        answer.content_type = "audio/ogg"
        self._open[person.id] += 1
        try:
            await answer.prepare(request)
            await self._send(request, answer, person, guild.id)
        except (ConnectionError, RuntimeError):
            pass  # the tab was closed
        finally:
            self._open[person.id] -= 1
            self.note_gone(person)
        return answer

    def note_gone(self, person: Person) -> None:
        """Note that a tab was closed; a person without a stream soon leaves voice."""
        if self._is_closed:
            return
        leaving = self._leave_soon(person, self._discord.guild.id)
        task = asyncio.create_task(leaving, name="leave voice")
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def close(self) -> None:
        """Cancel all pending removals."""
        self._is_closed = True
        for task in list(self._leaving):
            task.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)

    async def _send(
        self, request: web.Request, answer: web.StreamResponse, person: Person, guild_id: int
    ) -> None:
        waiting: asyncio.Queue[bytes] = asyncio.Queue()

        def hear(packet: bytes) -> None:
            if waiting.qsize() < _MOST_WAITING:
                waiting.put_nowait(packet)

        listeners = self._discord.voice.server.listeners.setdefault(guild_id, [])
        listeners.append(hear)
        pages = OggPages()
        try:
            await answer.write(pages.headers())
            while self._discord.voice.of(person, guild_id) is not None:
                if request.transport is None or request.transport.is_closing():
                    return
                packets: list[bytes] = []
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        while len(packets) < _IN_PAGE:
                            packets.append(await waiting.get())
                if packets:
                    await answer.write(pages.page(packets))
        finally:
            listeners.remove(hear)

    async def _leave_soon(self, person: Person, guild_id: int) -> None:
        """Remove a person from voice unless they come back, as after a reload."""
        await asyncio.sleep(self._away_seconds)
        if not self._open[person.id]:
            await moves.leave(self._discord, person, guild_id)
