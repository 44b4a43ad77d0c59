"""A server's channel for its best clips."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BestPost:
    """A clip that reached the stars it takes, and its post once that is there."""

    clip_id: int
    guild_id: int
    channel_id: int
    message_id: int | None
