"""Rate limits per bucket."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

from bot.demo.discord.refusals import Refusal


def too_many(
    seconds: float, *, is_global: bool = False, headers: dict[str, str] | None = None
) -> Refusal:
    """Return the response to a rate limited request."""
    body: dict[str, Any] = {
        "message": "Too many requests",
        "retry_after": seconds,
        "global": is_global,
    }
    scope = "global" if is_global else "user"
    usual = {"Retry-After": str(seconds), "X-RateLimit-Scope": scope}
    return Refusal(429, 0, body=body, headers=usual | (headers or {}))


@dataclass(frozen=True)
class Limit:
    """A bucket's rate limit: so many requests in so many seconds."""

    requests: int
    seconds: float
    announced: bool = True
    """Whether rate limit headers are sent; Discord does not publish all limits."""


@dataclass
class _Window:
    since: float
    used: int = 0


def usual_limits() -> dict[str, Limit]:
    """Return the limits that clients usually encounter."""
    limits = {name: Limit(5, 5.0) for name in ("post", "edit", "webhook")}
    return limits | {"delete": Limit(5, 1.0), "react": Limit(4, 1.0)}


@dataclass
class Buckets:
    """Request counters in fixed windows, one per bucket and place."""

    limits: dict[str, Limit] = field(default_factory=usual_limits)
    whole: Limit = Limit(50, 1.0)
    """The global limit per bot token."""
    windows: dict[tuple[str, str], _Window] = field(default_factory=dict)

    def take(self, bucket: str, place: str) -> dict[str, str]:
        """Count a request; return the rate limit headers. Raises Refusal above the limit."""
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

    def take_global(self) -> None:
        """Count a request against the global limit. Raises Refusal above it."""
        used, left_seconds = self._count("", "", self.whole)
        if used > self.whole.requests:
            raise too_many(left_seconds, is_global=True)

    def _count(self, bucket: str, place: str, limit: Limit) -> tuple[int, float]:
        now = time.monotonic()
        window = self.windows.get((bucket, place))
        if window is None or now >= window.since + limit.seconds:
            window = self.windows[bucket, place] = _Window(now)
        window.used += 1
        # Rounded up to milliseconds, so that a client waiting exactly this long is not too early.
        left_ms = math.ceil(1000 * (window.since + limit.seconds - now))
        return window.used, left_ms / 1000
