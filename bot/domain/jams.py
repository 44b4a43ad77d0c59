"""A jam: people make one piece of music together, turn by turn, in a thread of its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.bar_grid import BarGrid
from bot.domain.clips import Clip

MOST_SECONDS = 300.0
"""The longest that a track can get: what a clip may be continued to."""

BEATS_IN_A_BAR = 4


class JamState(StrEnum):
    """Where a jam is."""

    OPEN = "open"
    CLOSING = "closing"
    """Its mixdown is being made."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJam:
    """A jam that somebody starts. The key makes starting it idempotent."""

    key: str
    guild_id: int
    channel_id: int
    user_id: int
    name: str
    """What the person is called, for the credits."""
    title: str
    style: str | None
    bpm: int
    music_key: str | None
    """The key that it is in, such as "A minor"; None for any."""
    bars: int
    """How long a turn is."""
    in_rotation: bool
    """Whether each waits for the others; else whoever is first takes the turn."""
    most_seconds: float
    locale: str | None = None
    forked_from: int | None = None
    """The jam whose track it begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jam:
    """A jam that was started. Times are seconds since 1970; ids of places None until known."""

    id: int
    key: str
    guild_id: int
    channel_id: int
    user_id: int | None
    """Who started it; None where they are forgotten, and then its title and style are gone, too."""
    title: str | None
    style: str | None
    bpm: int
    music_key: str | None
    bars: int
    in_rotation: bool
    most_seconds: float
    locale: str | None
    forked_from: int | None
    created_at: float
    state: JamState
    turn_since: float
    """Since when the turn is open."""
    holder_id: int | None = None
    """Who has taken the turn and is looking for words."""
    held_until: float | None = None
    job_id: int | None = None
    """The job that makes the turn, or the mixdown."""
    thread_id: int | None = None
    """The thread; also the message in the channel that it hangs on."""
    card_id: int | None = None
    mix_job_id: int | None = None
    version: int = 0
    shown_version: int = -1
    """Which of its versions its card shows, as far as is known."""

    @property
    def turn_seconds(self) -> float:
        """Return how much music a turn is paid for, which sets the tempo or keeps to it."""
        return round(self.bars * BEATS_IN_A_BAR * 60 / self.bpm, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A turn that was made, as a part of the track."""

    number: int
    user_id: int | None
    """Who made it; None where they are forgotten."""
    starts_at_seconds: float
    job_id: int | None
    clip: Clip | None
    """All of the track up to its end; None where that is not kept any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """Somebody who plays in a jam."""

    user_id: int
    number: int
    """Their place in the round."""
    name: str
    is_away: bool = False
    """Whether they let a turn pass and have not come back since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A jam with its track and its people."""

    jam: Jam
    parts: tuple[Part, ...]
    """The track: the last one has a clip, which is what is heard."""
    players: tuple[Player, ...]

    @property
    def head(self) -> Clip | None:
        """Return the track as it is now; None before the first turn."""
        return self.parts[-1].clip if self.parts else None

    @property
    def turn_seconds(self) -> float:
        """Return how long the next turn is: its bars at the tempo that the track has."""
        grid = self.grid
        return self.jam.turn_seconds if grid is None else self.jam.bars * grid.bar_seconds

    @property
    def bpm(self) -> float:
        """Return the tempo of the track, or else the one that was asked for."""
        return float(self.jam.bpm) if self.grid is None else self.grid.bpm

    @property
    def grid(self) -> BarGrid | None:
        """Return the bars of the track; None where they are not known."""
        return None if self.head is None else self.head.grid

    @property
    def seconds(self) -> float:
        """Return how long the track is."""
        return 0.0 if self.head is None else self.head.seconds


def track_of(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return the parts that are heard: those up to the last one whose clip is kept."""
    kept = [place for place, part in enumerate(parts, 1) if part.clip is not None]
    return parts[: kept[-1]] if kept else ()
