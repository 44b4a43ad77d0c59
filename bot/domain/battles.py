"""A battle: people make clips from the same words, or of the same clip, and everybody votes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from bot.domain.clips import Clip

LEAST_ENTRIES = 2
MOST_ENTRIES = 10
"""A poll on Discord has so many answers at most."""


class BattleState(StrEnum):
    """Where a battle is; each follows from the one before, and *counted* from any."""

    OPEN = "open"
    """It takes entries."""
    CLOSED = "closed"
    """It takes no more, and waits for those in the queue."""
    POSTING = "posting"
    """The entries have their numbers, and are being posted with the poll."""
    VOTING = "voting"
    COUNTED = "counted"
    """What came of it is known, and to be told."""
    ENDED = "ended"


class BattleOutcome(StrEnum):
    """What came of a battle."""

    WON = "won"
    TIED = "tied"
    NO_VOTES = "no votes"
    TOO_FEW = "too few"
    CALLED_OFF = "called off"
    POLL_LOST = "poll lost"
    """Somebody deleted the poll."""
    PLACE_LOST = "place lost"
    """The channel is gone, or the bot may not post there any more."""


class BattleStep(Enum):
    """What is to be done for a battle now."""

    WAIT = auto()
    CLOSE = auto()
    LINE_UP = auto()
    POST = auto()
    COUNT = auto()
    TELL = auto()
    GIVE_UP = auto()
    """There are too few entries."""
    CALL_OFF = auto()
    """Who began it is forgotten, and with them what it was about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBattle:
    """A battle that somebody begins: from `prompt`, or of the clip `clip_id`.

    The key makes beginning it idempotent. Times are seconds since 1970.
    """

    key: str
    guild_id: int
    channel_id: int
    user_id: int
    prompt: str | None
    clip_id: int | None
    seconds: float | None
    """How long the entries are; None for as long as each person's clips usually are."""
    closes_at: float
    voting_seconds: float
    locale: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Battle:
    """A battle that was begun. Ids of messages are None until those are known to be there."""

    id: int
    key: str
    """The id of what asked for it on Discord, which is older than all that is shown of it."""
    guild_id: int
    channel_id: int
    user_id: int | None
    """Who began it; None where they are forgotten, and then its words are gone, too."""
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
    """How many people have an entry that is made, and how many entries are on their way."""

    ready: int
    pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry that has its number."""

    number: int
    """Also the number of its answer in the poll."""
    user_id: int | None
    clip: Clip | None
    """None where it was withdrawn: deleted, or its person forgotten."""
    message_id: int | None
    votes: int | None = None
    is_winner: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderEntry:
    """One person's place on the ladder of a server."""

    user_id: int
    wins: int
    shared: int
    """How many of the wins were ties."""
    battles: int
    votes: int
