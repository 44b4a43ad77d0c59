"""What somebody has reported to the managers of a server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report of a clip. Who made it is told to nobody."""

    id: int
    guild_id: int
    clip_id: int
    words: str | None
    """Why, in the words of who reported it."""
    count: int
    """How many people have reported this clip by now."""
