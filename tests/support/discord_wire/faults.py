"""Faults that tests inject into the responses of a simulated Discord."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from aiohttp import web

from bot.demo.discord.rate_limits import too_many
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.rest import Answer
from bot.demo.discord.routes.route import ApiRequest


@dataclass
class Asked:
    """A request and its response."""

    request: ApiRequest
    status: int = 0
    code: int = 0

    def __getattr__(self, name):
        """Delegate to the request."""
        return getattr(self.request, name)

    @property
    def by_token(self):
        """Whether it used an interaction's token rather than the bot's."""
        return self.request.path.startswith("/webhooks/")


@dataclass
class Fault:
    """A fault injected into the responses of a route."""

    method: str
    path: str
    """A glob pattern, without /api/v10."""
    times: int = 1
    status: int = 0
    code: int = 0
    retry_after: float | None = None
    is_global: bool = False
    is_plain: bool = False
    """Whether it comes from the proxy in front of Discord, which sends no JSON."""
    stored: bool = False
    """Executes the request, and only the response is wrong."""
    reset: bool = False
    """Breaks the connection instead of responding."""
    slow_seconds: float = 0.0
    with_files: bool = False
    """Matches requests with files only."""
    hits: int = 0
    on_hit: Callable[[], Any] | None = None
    """Called after the request that it applies to was executed or not."""

    def meets(self, asked):
        """Whether the fault applies to a request now."""
        if self.hits >= self.times or (self.with_files and not asked.files):
            return False
        return self.is_about(asked)

    def is_about(self, asked):
        """Whether a request is for its route."""
        return asked.method == self.method and fnmatchcase(asked.path, self.path)

    @property
    def refuses(self):
        """Whether it responds; otherwise it only delays, or breaks the connection."""
        return bool(self.status) or self.retry_after is not None

    def refusal(self):
        """The response."""
        if self.retry_after is None:
            refusal = Refusal(self.status, self.code)
        else:
            refusal = too_many(self.retry_after, is_global=self.is_global)
        text = "<html>The edge says no.</html>" if self.is_plain else None
        return Answer(refusal.status, refusal.body, refusal.headers, text)


class Faults:
    """The injected faults, and all requests with their responses."""

    def __init__(self, changed):
        self.injected: list[Fault] = []
        self.refused: dict[int, tuple[int, int]] = {}
        """Status and error code that the bot gets in a channel, by its id."""
        self.asked: list[Asked] = []
        self.unknown: list[str] = []
        """Requests of the bot that are not implemented."""
        self._changed = changed

    async def meet(self, request, raw, answer):
        """Respond to a request, or break its connection."""
        asked = Asked(request)
        self.asked.append(asked)
        fault = next((each for each in self.injected if each.meets(request)), None)
        try:
            found = await self._answer(request, raw, answer, fault)
        except Exception as error:
            # A defect of the simulation must not look like an injected fault.
            self.unknown.append(f"{request.method} {request.path}: {error!r}")
            raise
        finally:
            self._changed()
        asked.status = found.status
        asked.code = found.body.get("code", 0) if isinstance(found.body, dict) else 0
        if found.status == 404 and asked.code == 0 and fault is None:
            self.unknown.append(f"{request.method} {request.path}")
        return found

    async def _answer(self, request, raw, answer, fault):
        if fault is None:
            return self._refused_in(request) or await answer(request)
        fault.hits += 1
        await asyncio.sleep(fault.slow_seconds)
        found = None
        if fault.stored or not (fault.refuses or fault.reset):
            found = self._refused_in(request) or await answer(request)
            if found.status >= 400:
                return found
        if fault.on_hit is not None:
            fault.on_hit()
        if fault.reset:
            return _break_connection(raw)
        return fault.refusal() if fault.refuses else found

    def _refused_in(self, request):
        parts = request.path.split("/")
        if parts[1] != "channels" or int(parts[2]) not in self.refused:
            return None
        refusal = Refusal(*self.refused[int(parts[2])])
        return Answer(refusal.status, refusal.body)


def _break_connection(raw: web.Request) -> Answer:
    """Cut the connection as a router does: the other side gets a reset."""
    assert raw.transport is not None
    line = raw.transport.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.transport.abort()
    return Answer(200, {})
