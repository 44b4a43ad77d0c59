"""Posts in a server's channel for its best clips."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BestPost:
    """A clip with enough stars, and its post if there is one."""

    clip_id: int
    guild_id: int
    channel_id: int
    message_id: int | None
