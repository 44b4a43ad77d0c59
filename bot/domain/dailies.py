"""A daily prompt: words that a server is given each day, from which people make clips."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyPlan:
    """Where and when a server wants its prompt. `zone` is the name of a time zone."""

    guild_id: int
    channel_id: int
    hour: int
    zone: str
    set_at: float
    """When it was set, in seconds since 1970."""


class DailyState(StrEnum):
    """How far the prompt of a day is."""

    PENDING = "wished"
    """It is to be posted, or was posted and nobody heard so."""
    POSTED = "posted"
    SKIPPED = "skipped"
    """It was never posted while its hour was near."""
    REFUSED = "refused"
    """It can't be posted there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """The prompt of a day. Times are seconds since 1970."""

    id: int
    guild_id: int
    channel_id: int
    day: str
    """The date at which its hour was, where the server is."""
    prompt: str
    due_at: float
    wished_at: float
    state: DailyState
    message_id: int | None = None


class DailyStep(Enum):
    """What is to be done for a server's prompt now."""

    WAIT = auto()
    CHOOSE = auto()
    """Its hour has come: the prompt of the day is chosen and recorded."""
    POST = auto()
    GIVE_UP = auto()
    """It was recorded, and never posted while its hour was near."""
