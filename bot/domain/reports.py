"""What somebody has reported to the managers of a server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report of a clip. Its author is shown to nobody."""

    id: int
    guild_id: int
    clip_id: int
    words: str | None
    """The reason, in the reporter's words."""
    reported_at: float
    """In seconds since 1970."""
    count: int
    """How many people have reported this clip."""
