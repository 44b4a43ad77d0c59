"""Daily prompts: a prompt for each server and day, from which people make clips."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyPlan:
    """Where and when a server wants its prompt; `zone` is an IANA time zone."""

    guild_id: int
    channel_id: int
    hour: int
    zone: str
    set_at: float
    """When it was set, in seconds since 1970."""


class DailyState(StrEnum):
    """The state of a day's prompt."""

    PENDING = "wished"
    """Recorded, but its post is not confirmed."""
    POSTED = "posted"
    SKIPPED = "skipped"
    """Not posted in time."""
    REFUSED = "refused"
    """The bot may not post there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """The prompt of a day. Times are seconds since 1970."""

    id: int
    guild_id: int
    channel_id: int
    day: str
    """The date of its hour in the server's time zone."""
    prompt: str
    due_at: float
    wished_at: float
    state: DailyState
    message_id: int | None = None


class DailyStep(Enum):
    """The next step for a server's prompt."""

    WAIT = auto()
    CHOOSE = auto()
    """It is due: choose and record the prompt of the day."""
    POST = auto()
    GIVE_UP = auto()
    """It was recorded and not posted in time."""
