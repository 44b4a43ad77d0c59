"""Faults that the Discord at the wire injects, and its rate limits."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

MEANING = {
    0: "401: Unauthorized",
    10003: "Unknown Channel",
    10008: "Unknown Message",
    10013: "Unknown User",
    10015: "Unknown Webhook",
    10062: "Unknown interaction",
    40005: "Request entity too large",
    40060: "Interaction has already been acknowledged.",
    50001: "Missing Access",
    50005: "Cannot edit a message authored by another user",
    50007: "Cannot send messages to this user",
    50013: "Missing Permissions",
    50027: "Invalid Webhook Token",
    50035: "Invalid Form Body",
}


class Refusal(Exception):
    """An error response, as Discord words it."""

    def __init__(self, status, code=0, *, body=None, headers=None, is_plain=False):
        super().__init__(f"{status}/{code}")
        self.status, self.code = status, code
        usual = {"message": MEANING.get(code, "The script says so."), "code": code}
        self.body: dict[str, Any] = usual | (body or {})
        self.headers: dict[str, str] = headers or {}
        self.is_plain = is_plain
        """Whether it comes from the proxy in front of Discord, which sends no JSON."""


@dataclass
class Asked:
    """One request, and how it was answered."""

    method: str
    path: str
    at: float
    """By `time.perf_counter`."""
    payload: Any
    files: list[tuple[str, bytes]]
    authorization: str | None
    query: dict[str, str] = field(default_factory=dict)
    status: int = 0
    code: int = 0

    @property
    def by_token(self):
        """Whether it used an interaction's token rather than the bot's."""
        return self.path.startswith("/webhooks/")


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

    def meets(self, asked: Asked):
        """Whether it applies to a request now."""
        if self.hits >= self.times or (self.with_files and not asked.files):
            return False
        return self.is_about(asked)

    def is_about(self, asked: Asked):
        """Whether a request is for its route."""
        return asked.method == self.method and fnmatchcase(asked.path, self.path)

    @property
    def refuses(self):
        """Whether it answers at all; else it is only slow, or breaks the connection."""
        return bool(self.status) or self.retry_after is not None

    def refusal(self):
        """The answer."""
        if self.retry_after is None:
            return Refusal(self.status, self.code, is_plain=self.is_plain)
        return too_many(self.retry_after, is_global=self.is_global, is_plain=self.is_plain)


def too_many(seconds, *, is_global=False, is_plain=False, headers=None):
    """The response to a rate-limited request."""
    body = {"message": "You are being rate limited.", "retry_after": seconds, "global": is_global}
    scope = "global" if is_global else "user"
    return Refusal(
        429,
        0,
        body=body,
        is_plain=is_plain,
        headers={"Retry-After": str(seconds), "X-RateLimit-Scope": scope} | (headers or {}),
    )


@dataclass(frozen=True)
class Limit:
    """How many requests a bucket takes in so many seconds."""

    requests: int
    seconds: float
    announced: bool = True
    """Whether the headers tell it; Discord does not publish all limits."""


@dataclass
class _Window:
    since: float
    used: int = 0


@dataclass
class Buckets:
    """Counts requests in windows, one for each bucket and place."""

    limits: dict[str, Limit]
    whole: Limit = Limit(50, 1.0)
    """The global limit of the bot's own token."""
    windows: dict[tuple[str, str], _Window] = field(default_factory=dict)

    def take(self, bucket, place):
        """Count a request; return the headers of its answer, or raise Refusal."""
        limit = self.limits[bucket]
        used, left_seconds = self._count(bucket, place, limit)
        headers = {
            "X-RateLimit-Limit": str(limit.requests),
            "X-RateLimit-Remaining": str(max(0, limit.requests - used)),
            "X-RateLimit-Reset": f"{time.time() + left_seconds:.3f}",
            "X-RateLimit-Reset-After": f"{left_seconds:.3f}",
            "X-RateLimit-Bucket": bucket,
        }
        if used > limit.requests:
            raise too_many(left_seconds, headers=headers if limit.announced else None)
        return headers if limit.announced else {}

    def take_global(self):
        """Count a request against the global limit; raise Refusal."""
        used, left_seconds = self._count("", "", self.whole)
        if used > self.whole.requests:
            raise too_many(left_seconds, is_global=True)

    def _count(self, bucket, place, limit):
        now = time.monotonic()
        window = self.windows.get((bucket, place))
        if window is None or now >= window.since + limit.seconds:
            window = self.windows[bucket, place] = _Window(now)
        window.used += 1
        # In whole milliseconds, rounded up: a client that waits exactly so long is not too early.
        left_ms = math.ceil(1000 * (window.since + limit.seconds - now))
        return window.used, left_ms / 1000
