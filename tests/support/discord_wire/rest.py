"""How a Discord at the wire answers a request: it is written down, and then come the faults that a
test ordered, the limits, and the route itself. An unknown route is an error of the test.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time

from aiohttp import web

from tests.support.discord_wire.faults import Asked, Refusal
from tests.support.discord_wire.routes import ROUTES, Routes


class Rest:
    """Answers requests on a wire."""

    def __init__(self, wire):
        self.wire, self.routes = wire, Routes(wire)

    async def handle(self, request):
        """Answer one request, or break its connection."""
        wire = self.wire
        path = "/" + request.match_info["path"]
        payload, files = await _body(request)
        asked = Asked(
            request.method,
            path,
            time.perf_counter(),
            payload,
            files,
            request.headers.get("Authorization"),
            dict(request.query),
        )
        wire.asked.append(asked)
        fault = next((each for each in wire.faults if each.meets(asked)), None)
        headers, answer = {}, None
        try:
            if fault is not None:
                fault.hits += 1
                await asyncio.sleep(fault.slow_seconds)
            if fault is None or fault.stored or not (fault.refuses or fault.reset):
                headers, answer = await self._route(asked)
            if fault is not None and fault.on_hit is not None:
                fault.on_hit()
            if fault is not None and fault.reset:
                return _break_connection(request)
            if fault is not None and fault.refuses:
                raise fault.refusal()
        except Refusal as refusal:
            asked.status, asked.code = refusal.status, refusal.code
            return _refusal(refusal, headers)
        except Exception as error:
            # A defect of this code must not look like an injected fault.
            wire.unknown.append(f"{asked.method} {asked.path}: {error!r}")
            raise
        finally:
            wire.changed()
        asked.status = 200 if answer is not None else 204
        return _json(asked.status, answer, headers)

    async def _route(self, asked):
        for verb, pattern, name, bucket, is_bots in ROUTES:
            found = pattern.fullmatch(asked.path)
            if verb != asked.method or found is None:
                continue
            headers = {}
            if is_bots:
                if asked.authorization != f"Bot {self.wire.token}":
                    raise Refusal(401, 0)
                self.wire.buckets.take_global()
            if bucket is not None:
                # Webhooks are counted by their token, all else by the channel.
                headers = self.wire.buckets.take(bucket, found[1] if is_bots else found[2])
            return headers, await getattr(self.routes, str(name))(asked, *found.groups())
        self.wire.unknown.append(f"{asked.method} {asked.path}")
        raise Refusal(404, 0, body={"message": "404: Not Found"})


async def _body(request):
    """Return what a request says, as JSON, and the files that came with it."""
    if not request.content_type.startswith("multipart/"):
        text = await request.text()
        return (json.loads(text) if text else {}), []
    payload, files = {}, []
    async for part in await request.multipart():
        data = bytes(await part.read())
        if part.name == "payload_json":
            payload = json.loads(data)
        else:
            files.append((part.filename, data))
    return payload, files


def _json(status, data, headers):
    # Exactly this type, since discord.py reads nothing else as JSON; and without a Via a 429 is
    # taken for one of the edge.
    usual = {"Via": "1.1 wire"} | headers
    if data is None:
        return web.Response(status=status, headers=usual)
    usual["Content-Type"] = "application/json"
    return web.Response(status=status, body=json.dumps(data).encode(), headers=usual)


def _refusal(refusal, headers):
    if refusal.is_plain:
        return web.Response(status=refusal.status, text="<html>The edge says no.</html>")
    return _json(refusal.status, refusal.body, headers | refusal.headers)


def _break_connection(request):
    """Cut the connection as a router does: the other side meets a reset."""
    line = request.transport.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
    return web.Response()
