"""What somebody can see of a server's clips."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The clips that lists show: public ones in these places, and the person's own anywhere."""

    channel_ids: Collection[int]
    """Channels and threads."""
    user_id: int | None = None
    """None if it is everybody who looks."""
