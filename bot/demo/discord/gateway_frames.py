"""The frames of Discord's gateway."""

from __future__ import annotations

import json
from enum import IntEnum
from typing import Any

from aiohttp import web


class Operation(IntEnum):
    """What a frame is for."""

    EVENT = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


async def send(
    socket: web.WebSocketResponse,
    op: Operation,
    data: Any,  # noqa: ANN401 - whatever JSON there is
    event: str | None = None,
    number: int | None = None,
) -> None:
    """Send one frame; if the connection is broken, the event waits for the resume."""
    try:
        await socket.send_str(json.dumps({"op": op, "d": data, "s": number, "t": event}))
    except (ConnectionError, RuntimeError):
        return
