"""A request and its loans of slots, as the scheduler knows them."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.musicgen.engine.request_state import RequestState, check_transition


@dataclass(slots=True, kw_only=True, eq=False)
class ScheduledRequest:
    """What the scheduler knows of a request."""

    id: int
    slots_needed: int = 1
    """How many slots it takes at first: 2 with guidance."""
    least_allotment: int = 1
    allotment: int = 0
    """How many slots it is allotted: more than it takes, where its words may become more."""
    slots: tuple[int, ...] = ()
    loans: list[Loan] = field(default_factory=list)
    is_ahead: bool = False
    """Whether it stands still until its listener has taken more."""
    is_held: bool = False
    """Whether it stands still until new words have read what it has."""
    pending_positions: int = 0
    """Positions whose tokens are all known, so that one step could feed them; 0 at the end."""
    is_heard: bool = False
    """Whether any of it has become audio."""
    unvocoded_frames: int = 0
    """Frames that have all their tokens and no audio yet."""
    _state: RequestState = RequestState.WAITING

    @property
    def state(self) -> RequestState:
        """Return how far it is."""
        return self._state

    def enter(self, state: RequestState) -> None:
        """Go on to the next state. Raises InvalidTransitionError where it can't follow."""
        check_transition(self._state, state)
        self._state = state


@dataclass(slots=True, kw_only=True, eq=False)
class Loan:
    """Slots lent to a request whose words change."""

    request: ScheduledRequest
    lent: int
    """How many slots of the reserve are promised to it."""
    slots: tuple[int, ...]
    """Those in which the new words read what the request has, until they join it."""
    pending_positions: int = 0
    """Positions that they have still to read."""


@dataclass(frozen=True, slots=True)
class DecodeShare:
    """A request's part in a step of the decoder, or its new words': how many positions are fed."""

    request: ScheduledRequest
    positions: int
    loan: Loan | None = None
