"""A request as the scheduler knows it, and its loans of slots."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.musicgen.engine.request_state import RequestState, check_transition


@dataclass(slots=True, kw_only=True, eq=False)
class ScheduledRequest:
    """The scheduler's state of a request."""

    id: int
    slots_needed: int = 1
    """How many slots it needs at first: 2 with guidance."""
    least_allotment: int = 1
    allotment: int = 0
    """Reserved slots; more than it uses, if its prompts may become more."""
    slots: tuple[int, ...] = ()
    loans: list[Loan] = field(default_factory=list)
    is_ahead: bool = False
    """Whether it pauses until its subscribers have read more (backpressure)."""
    is_held: bool = False
    """Whether it pauses until a new prompt's KV cache has caught up."""
    pending_positions: int = 0
    """Positions with known tokens, which one step could feed (prefill); 0 at the end."""
    is_heard: bool = False
    """Whether any audio was decoded."""
    unvocoded_frames: int = 0
    """Complete frames without audio."""
    _state: RequestState = RequestState.WAITING

    @property
    def state(self) -> RequestState:
        """Return its state."""
        return self._state

    def enter(self, state: RequestState) -> None:
        """Enter the next state. Raises InvalidTransitionError if it is not allowed."""
        check_transition(self._state, state)
        self._state = state


@dataclass(slots=True, kw_only=True, eq=False)
class Loan:
    """Slots lent to a request during a prompt change."""

    request: ScheduledRequest
    lent: int
    """Slots of the reserve that are promised to it."""
    slots: tuple[int, ...]
    """Slots in which new prompts prefill the request's tokens, until they join it."""
    pending_positions: int = 0
    """Positions still to be prefilled."""


@dataclass(frozen=True, slots=True)
class DecodeShare:
    """The positions of a request, or of its new prompts, in one decoder step."""

    request: ScheduledRequest
    positions: int
    loan: Loan | None = None
