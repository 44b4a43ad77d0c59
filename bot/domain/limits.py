"""What a person may have, what they have used, and what a server's managers have set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one person may have right now, in their server: the caller has resolved the tiers."""

    daily_seconds: float
    waiting_per_user: int
    waiting_per_guild: int
    waiting: int
    guild_daily_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How much of their seconds of today a person has used; reserved ones count as used."""

    used_seconds: float
    daily_seconds: float
    resets_at: float

    @property
    def left_seconds(self) -> float:
        """Return what is left of today."""
        return max(0.0, self.daily_seconds - self.used_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildSettings:
    """What the managers of a server have set; None and empty leave the configuration's word."""

    guild_id: int
    daily_seconds: float | None = None
    guild_daily_seconds: float | None = None
    waiting: int | None = None
    max_seconds: float | None = None
    channel_ids: frozenset[int] = frozenset()
    tiers: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))
    """Seconds a day by role id; a person has the most that any of their roles gives."""
    blocked_ids: frozenset[int] = frozenset()
