"""Routes, and the requests they get."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bot.demo.discord.files import File
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.shapes import MESSAGE, check_shape


@dataclass(frozen=True)
class ApiRequest:
    """One request."""

    method: str
    path: str
    """Without the prefix /api/v10."""
    at: float
    """On the clock of `time.perf_counter`."""
    payload: Any = None
    files: list[tuple[str, bytes]] = field(default_factory=list, repr=False)
    authorization: str | None = field(default=None, repr=False)
    query: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Return the body as an object. Raises Refusal if it is none."""
        if not isinstance(self.payload, dict):
            raise Refusal(400, 50109)
        return self.payload

    def uploads(self, message: dict[str, Any]) -> list[File]:
        """Return the uploaded files, with the descriptions from a message payload."""
        check_shape(message, MESSAGE)
        described = {str(each.get("id")): each for each in message.get("attachments") or []}
        files = []
        for number, (name, data) in enumerate(self.files):
            about = described.get(str(number), {})
            file = File(about.get("filename") or name, data, description=about.get("description"))
            file.duration_seconds, file.waveform = about.get("duration_secs"), about.get("waveform")
            files.append(file)
        return files


Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Route:
    """A route: requests, and their handler."""

    method: str
    path: re.Pattern[str]
    handler: Handler
    """Called with the Discord, the request, and the groups of the path."""
    bucket: str | None = None
    """The rate limit bucket."""
    is_for_bots: bool = True
    """Whether the bot's token is required."""


def route(
    method: str, path: str, handler: Handler, bucket: str | None = None, *, is_for_bots: bool = True
) -> Route:
    """Return a route; `{}` in the path stands for an id."""
    pattern = re.compile(path.replace("{}", r"(\d+)"))
    return Route(method, pattern, handler, bucket, is_for_bots)


def as_id(value: object) -> int:
    """Return an id from a payload. Raises Refusal if it is none."""
    if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()):
        return int(value)
    raise Refusal(400, 50035)


def limit_of(request: ApiRequest, *, usual: int, most: int) -> int:
    """Return the requested number of results. Raises Refusal."""
    text = request.query.get("limit", str(usual))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise Refusal(400, 50035)
    return int(text)
