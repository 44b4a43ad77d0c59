"""The bot's REST requests: parsing, middleware, rate limits, routing."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from bot.demo.discord.refusals import Refusal, UnknownRoute
from bot.demo.discord.routes import (
    application,
    channels,
    guilds,
    interactions,
    messages,
    reactions,
    soundboards,
)
from bot.demo.discord.routes.route import ApiRequest, Route
from bot.demo.discord.state import Discord

log = logging.getLogger(__name__)

ROUTES: tuple[Route, ...] = (
    *application.ROUTES,
    *messages.ROUTES,
    *interactions.ROUTES,
    *channels.ROUTES,
    *guilds.ROUTES,
    *reactions.ROUTES,
    *soundboards.ROUTES,
)


@dataclass(frozen=True)
class Answer:
    """The response to a request."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    """A plain text body in place of JSON."""


Answering = Callable[[ApiRequest], Awaitable[Answer]]
Middleware = Callable[[ApiRequest, web.Request, Answering], Awaitable[Answer]]
"""Wraps the answering of each request; for tests, which make requests fail."""


async def _pass_on(request: ApiRequest, raw: web.Request, answer: Answering) -> Answer:
    return await answer(request)


class Rest:
    """The REST API of one Discord."""

    def __init__(self, discord: Discord, middleware: Middleware = _pass_on) -> None:
        self._discord, self._middleware = discord, middleware

    async def handle(self, raw: web.Request) -> web.Response:
        """Answer one request."""
        try:
            payload, files = await _read_body(raw)
        except Refusal as refusal:
            return _respond(Answer(refusal.status, refusal.body))
        request = ApiRequest(
            raw.method,
            "/" + raw.match_info["path"],
            time.perf_counter(),
            payload,
            files,
            raw.headers.get("Authorization"),
            dict(raw.query),
        )
        return _respond(await self._middleware(request, raw, self.answer))

    async def answer(self, request: ApiRequest) -> Answer:
        """Return the answer to a request, an error response for a refusal."""
        try:
            headers, body = await self._route(request)
        except Refusal as refusal:
            if isinstance(refusal, UnknownRoute):
                log.warning("discord.unknown_route %s %s", request.method, request.path)
            return Answer(refusal.status, refusal.body, refusal.headers)
        return Answer(204 if body is None else 200, body, headers)

    async def _route(self, request: ApiRequest) -> tuple[Mapping[str, str], object]:
        for each in ROUTES:
            found = each.path.fullmatch(request.path)
            if each.method != request.method or found is None:
                continue
            headers: Mapping[str, str] = {}
            if each.is_for_bots:
                if request.authorization != f"Bot {self._discord.token}":
                    raise Refusal(401, 0)
                self._discord.buckets.take_global()
            if each.bucket is not None:
                # Webhooks are rate limited by token, everything else by channel.
                place = found[1] if each.is_for_bots else found[2]
                headers = self._discord.buckets.take(each.bucket, place)
            return headers, await each.handler(self._discord, request, *found.groups())
        raise UnknownRoute


async def _read_body(raw: web.Request) -> tuple[Any, list[tuple[str, bytes]]]:
    """Return the JSON body of a request and its files. Raises Refusal."""
    if not raw.content_type.startswith("multipart/"):
        text = await raw.text()
        return _as_json(text) if text else {}, []
    payload: Any = {}
    numbered: dict[int, tuple[str, bytes]] = {}
    async for part in await raw.multipart():
        if not isinstance(part, BodyPartReader):
            raise Refusal(400, 50109)
        data = bytes(await part.read())
        if part.name == "payload_json":
            payload = _as_json(data)
        else:
            number = "".join(filter(str.isdecimal, part.name or "")) or str(len(numbered))
            numbered[int(number)] = (part.filename or "file", data)
    return payload, [numbered[number] for number in sorted(numbered)]


def _as_json(text: str | bytes) -> Any:  # noqa: ANN401 - whatever JSON there is
    try:
        return json.loads(text)
    except ValueError as error:
        raise Refusal(400, 50109) from error


def _respond(answer: Answer) -> web.Response:
    if answer.text is not None:
        return web.Response(status=answer.status, text=answer.text)
    # discord.py parses JSON only with exactly this content type, and takes a 429 without a Via
    # header for one of Cloudflare's.
    usual = {"Via": "1.1 wire"} | dict(answer.headers)
    if answer.body is None:
        return web.Response(status=answer.status, headers=usual)
    usual["Content-Type"] = "application/json"
    return web.Response(status=answer.status, body=json.dumps(answer.body).encode(), headers=usual)
