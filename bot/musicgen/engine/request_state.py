"""The states of a request in the engine, and which may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto


class RequestState(Enum):
    """How far a request is."""

    WAITING = auto()
    """In the queue, nothing done yet."""
    ENCODING_AUDIO = auto()
    """Its audio prompt is turned into codes."""
    ENCODING_TEXT = auto()
    """Its prompt is turned into the text encoder's states."""
    READY = auto()
    """All that the decoder needs is there, but slots."""
    PREFILL = auto()
    """The decoder reads tokens that are known: an audio prompt, or the last window's end."""
    DECODING = auto()
    """The decoder chooses a token of each codebook in a step."""
    VOCODING = auto()
    """Every token is chosen and the slots are free; the rest of the audio is made."""
    SEPARATING = auto()
    """The audio of its stems is made, one after the other."""
    FINISHED = auto()
    CANCELLED = auto()


IN_BATCH = frozenset({RequestState.PREFILL, RequestState.DECODING})
"""Those in which a request takes part in the decoder's steps."""

STEERABLE = IN_BATCH | {
    RequestState.WAITING,
    RequestState.ENCODING_AUDIO,
    RequestState.ENCODING_TEXT,
    RequestState.READY,
}
"""Those in which tokens are still to be chosen, so that other words can have an effect."""

TRANSITIONS: Mapping[RequestState, frozenset[RequestState]] = {
    RequestState.WAITING: frozenset(
        {
            RequestState.ENCODING_AUDIO,
            RequestState.ENCODING_TEXT,
            RequestState.READY,
            RequestState.SEPARATING,
            RequestState.CANCELLED,
        }
    ),
    RequestState.ENCODING_AUDIO: frozenset(
        {RequestState.ENCODING_TEXT, RequestState.READY, RequestState.CANCELLED}
    ),
    RequestState.ENCODING_TEXT: frozenset({RequestState.READY, RequestState.CANCELLED}),
    RequestState.READY: frozenset(
        {RequestState.PREFILL, RequestState.DECODING, RequestState.CANCELLED}
    ),
    # The step that reads the last known token chooses one too: it may be the only one.
    RequestState.PREFILL: frozenset(
        {RequestState.DECODING, RequestState.VOCODING, RequestState.CANCELLED}
    ),
    # Each window after the first begins with a prefill of what it shares with the one before.
    RequestState.DECODING: frozenset(
        {RequestState.PREFILL, RequestState.VOCODING, RequestState.CANCELLED}
    ),
    RequestState.VOCODING: frozenset(
        {RequestState.SEPARATING, RequestState.FINISHED, RequestState.CANCELLED}
    ),
    RequestState.SEPARATING: frozenset({RequestState.FINISHED, RequestState.CANCELLED}),
    RequestState.FINISHED: frozenset(),
    RequestState.CANCELLED: frozenset(),
}
"""The states that may follow each state."""


class InvalidTransitionError(RuntimeError):
    """A request was to enter a state that can't follow its own: a bug of the engine."""


def check_transition(old: RequestState, new: RequestState) -> None:
    """Raise InvalidTransitionError where `new` can't follow `old`."""
    if new not in TRANSITIONS[old]:
        raise InvalidTransitionError(f"{old.name} can't be followed by {new.name}.")
