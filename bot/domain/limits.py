"""Limits, quotas, and the settings of servers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from bot.errors import Refused
from bot.i18n.sentence import Sentence, short_listing

NO_SOUNDS = Sentence("On this server only these roles may send sound files: {roles}.")

Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits that apply to one person in their server now, with role tiers resolved."""

    daily_seconds: float
    waiting_per_user: int
    waiting_per_guild: int
    waiting: int
    guild_daily_seconds: float | None = None
    most_daily_seconds: float = math.inf
    """The daily maximum that managers' resets don't extend."""
    cooldown_seconds: float = 0.0
    """The minimum interval between two orders of a person."""
    upload_role_ids: frozenset[int] = frozenset()
    """The roles that may upload sounds, if the person has none of them; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The bounds that the bot's owner sets for managers' settings."""

    daily_seconds: float
    guild_daily_seconds: float | None
    waiting: int
    max_seconds: float
    cooldown_seconds: float = 0.0
    """A lower bound, unlike the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A person's used seconds of today, including reservations."""

    used_seconds: float
    daily_seconds: float
    resets_at: float

    @property
    def left_seconds(self) -> float:
        """Return the seconds that are left today."""
        return max(0.0, self.daily_seconds - self.used_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildSettings:
    """The settings of a server's managers; None and empty mean the configuration's value."""

    guild_id: int
    daily_seconds: float | None = None
    guild_daily_seconds: float | None = None
    waiting: int | None = None
    max_seconds: float | None = None
    channel_ids: frozenset[int] = frozenset()
    tiers: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))
    """Daily seconds by role id; a person gets the maximum of their roles."""
    blocked_ids: frozenset[int] = frozenset()
    cooldown_seconds: float | None = None
    upload_role_ids: frozenset[int] = frozenset()
    """The roles that may upload sounds; empty: everybody may."""
    log_channel_id: int | None = None

    def within(self, bounds: Bounds) -> GuildSettings:
        """Return these settings clamped to bounds, which may have been wider before."""
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
    """Raise Refused for a person without a role that may upload sounds."""
    if limits.upload_role_ids:
        roles = [f"<@&{id_}>" for id_ in sorted(limits.upload_role_ids)]
        raise Refused(NO_SOUNDS.fill(roles=short_listing(roles)))


def _at_most(value: Number | None, bound: Number | None) -> Number | None:
    return value if value is None or bound is None else min(value, bound)
