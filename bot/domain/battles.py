"""Battles: people make clips from the same prompt, or of the same clip, and everybody votes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from bot.domain.clips import Clip

LEAST_ENTRIES = 2
MOST_ENTRIES = 10
"""A poll on Discord has so many answers at most."""


class BattleState(StrEnum):
    """The states of a battle, in order; *counted* can follow any."""

    OPEN = "open"
    """It takes entries."""
    CLOSED = "closed"
    """It waits for entries in the queue."""
    POSTING = "posting"
    """The numbered entries and the poll are being posted."""
    VOTING = "voting"
    COUNTED = "counted"
    """The outcome is known and will be posted."""
    ENDED = "ended"


class BattleOutcome(StrEnum):
    """The outcome of a battle."""

    WON = "won"
    TIED = "tied"
    NO_VOTES = "no votes"
    TOO_FEW = "too few"
    CALLED_OFF = "called off"
    POLL_LOST = "poll lost"
    """Somebody deleted the poll."""
    PLACE_LOST = "place lost"
    """The channel is deleted, or the bot may no longer post there."""


class BattleStep(Enum):
    """The next step of a battle."""

    WAIT = auto()
    CLOSE = auto()
    LINE_UP = auto()
    POST = auto()
    COUNT = auto()
    TELL = auto()
    GIVE_UP = auto()
    """There are too few entries."""
    CALL_OFF = auto()
    """The data of its starter, including the prompt, was deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBattle:
    """A battle to begin: from `prompt`, or of the clip `clip_id`.

    The key makes beginning it idempotent. Times are seconds since 1970.
    """

    key: str
    guild_id: int
    channel_id: int
    user_id: int
    prompt: str | None
    clip_id: int | None
    seconds: float | None
    """The length of entries; None for each person's preferred length."""
    closes_at: float
    voting_seconds: float
    locale: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Battle:
    """A battle. Message ids are None until posted."""

    id: int
    key: str
    """The id of its interaction, which is older than all of its messages."""
    guild_id: int
    channel_id: int
    user_id: int | None
    """Its starter; None if their data was deleted, along with the prompt."""
    prompt: str | None
    clip_id: int | None
    seconds: float | None
    created_at: float
    closes_at: float
    voting_seconds: float
    locale: str | None
    state: BattleState
    outcome: BattleOutcome | None = None
    message_id: int | None = None
    poll_message_id: int | None = None
    poll_ends_at: float | None = None
    result_message_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrants:
    """The numbers of people with a generated entry, and with one in progress."""

    ready: int
    pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A numbered entry."""

    number: int
    """Also its answer's number in the poll."""
    user_id: int | None
    clip: Clip | None
    """None if it was deleted, or its person's data was."""
    message_id: int | None
    votes: int | None = None
    is_winner: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderEntry:
    """A person's place on a server's ladder."""

    user_id: int
    wins: int
    shared: int
    """How many of the wins were ties."""
    battles: int
    votes: int
