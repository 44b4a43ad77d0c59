"""Limits, quotas, and the settings of servers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from bot.errors import Refused
from bot.i18n.sentence import Sentence

NO_SOUNDS = Sentence("On this server only these roles may send sound files: {roles}.")

Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one person right now, in their server, after tiers are resolved."""

    daily_seconds: float
    waiting_per_user: int
    waiting_per_guild: int
    waiting: int
    guild_daily_seconds: float | None = None
    most_daily_seconds: float = math.inf
    """What nobody gets more of in a day, even if managers reset what was used."""
    cooldown_seconds: float = 0.0
    """How long a person waits between two orders."""
    upload_role_ids: frozenset[int] = frozenset()
    """The roles that may send sounds, where the person has none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the owner of the bot lets the managers of servers set, at most."""

    daily_seconds: float
    guild_daily_seconds: float | None
    waiting: int
    max_seconds: float
    cooldown_seconds: float = 0.0
    """Of this they set no less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many of today's seconds a person has used; reserved ones count as used."""

    used_seconds: float
    daily_seconds: float
    resets_at: float

    @property
    def left_seconds(self) -> float:
        """Return the seconds that are left today."""
        return max(0.0, self.daily_seconds - self.used_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildSettings:
    """What the managers of a server have set; None and empty mean the configuration's value."""

    guild_id: int
    daily_seconds: float | None = None
    guild_daily_seconds: float | None = None
    waiting: int | None = None
    max_seconds: float | None = None
    channel_ids: frozenset[int] = frozenset()
    tiers: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))
    """Seconds a day by role id; a person has the most that any of their roles gives."""
    blocked_ids: frozenset[int] = frozenset()
    cooldown_seconds: float | None = None
    upload_role_ids: frozenset[int] = frozenset()
    """The roles that may send sounds; without any everybody may."""
    log_channel_id: int | None = None

    def within(self, bounds: Bounds) -> GuildSettings:
        """Return these settings without what is beyond the bounds: they may have been wider."""
        return replace(
            self,
            daily_seconds=_at_most(self.daily_seconds, bounds.daily_seconds),
            guild_daily_seconds=_at_most(self.guild_daily_seconds, bounds.guild_daily_seconds),
            waiting=_at_most(self.waiting, bounds.waiting),
            max_seconds=_at_most(self.max_seconds, bounds.max_seconds),
            cooldown_seconds=(
                None
                if self.cooldown_seconds is None
                else max(self.cooldown_seconds, bounds.cooldown_seconds)
            ),
            tiers=MappingProxyType(
                {role: min(most, bounds.daily_seconds) for role, most in self.tiers.items()}
            ),
        )


def check_may_send_sound(limits: Limits) -> None:
    """Raise Refused for somebody who has none of the roles that may send sounds."""
    if limits.upload_role_ids:
        roles = ", ".join(f"<@&{id_}>" for id_ in sorted(limits.upload_role_ids))
        raise Refused(NO_SOUNDS.fill(roles=roles))


def _at_most(value: Number | None, bound: Number | None) -> Number | None:
    return value if value is None or bound is None else min(value, bound)
