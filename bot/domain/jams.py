"""Jams: people make one track together, turn by turn, in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.bar_grid import BarGrid
from bot.domain.clips import Clip

MOST_SECONDS = 300.0
"""The longest that a track can get: what a clip may be continued to."""

BEATS_IN_A_BAR = 4


class JamState(StrEnum):
    """The state of a jam."""

    OPEN = "open"
    CLOSING = "closing"
    """Its mixdown is being made."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJam:
    """A jam to start. The key makes starting it idempotent."""

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
    """The bars of a turn."""
    in_rotation: bool
    """Whether people take turns in rotation; else the first to press takes it."""
    most_seconds: float
    locale: str | None = None
    forked_from: int | None = None
    """The jam that it is a fork of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jam:
    """A jam. Times are seconds since 1970; ids of thread and messages are None until known."""

    id: int
    key: str
    guild_id: int
    channel_id: int
    user_id: int | None
    """Its starter; None if their data was deleted, along with title and style."""
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
    """Who has reserved the turn and is writing its prompt."""
    held_until: float | None = None
    job_id: int | None = None
    """The job of the turn, or of the mixdown."""
    thread_id: int | None = None
    """The thread; also the id of the announcement in the channel."""
    card_id: int | None = None
    mix_job_id: int | None = None
    version: int = 0
    shown_version: int = -1
    """The version that its card shows, as far as is known."""

    @property
    def turn_seconds(self) -> float:
        """Return the seconds that a turn is charged."""
        return round(self.bars * BEATS_IN_A_BAR * 60 / self.bpm, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A generated turn, as a part of the track."""

    number: int
    user_id: int | None
    """Its author; None if their data was deleted."""
    starts_at_seconds: float
    job_id: int | None
    clip: Clip | None
    """The whole track up to its end; None if it is deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """A player of a jam."""

    user_id: int
    number: int
    """Their place in the rotation."""
    name: str
    is_away: bool = False
    """Whether they missed a turn and have not played since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JamSnapshot:
    """A jam with its track and players."""

    jam: Jam
    parts: tuple[Part, ...]
    """The parts of the track; the last one's clip is the whole track, if it exists."""
    players: tuple[Player, ...]

    @property
    def head(self) -> Clip | None:
        """Return the present track; None before the first turn, or if all clips are gone."""
        return self.parts[-1].clip if self.parts else None

    @property
    def turn_seconds(self) -> float:
        """Return the length of the next turn: its bars at the track's tempo."""
        grid = self.grid
        return self.jam.turn_seconds if grid is None else self.jam.bars * grid.bar_seconds

    @property
    def bpm(self) -> float:
        """Return the tempo of the track, or else the requested one."""
        return float(self.jam.bpm) if self.grid is None else self.grid.bpm

    @property
    def grid(self) -> BarGrid | None:
        """Return the track's bar grid; None if unknown."""
        return None if self.head is None else self.head.grid

    @property
    def seconds(self) -> float:
        """Return the length of the track."""
        return 0.0 if self.head is None else self.head.seconds


def track_of(parts: tuple[Part, ...], *, is_closed: bool = False) -> tuple[Part, ...]:
    """Return the parts of the track: up to the last one whose clip exists.

    Those of a closed jam stay when all of its clips are gone: they tell who has played.
    """
    kept = [place for place, part in enumerate(parts, 1) if part.clip is not None]
    if not kept:
        return parts if is_closed else ()
    return parts[: kept[-1]]
