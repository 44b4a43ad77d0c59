"""The states of a request in the engine, and the allowed transitions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto


class RequestState(Enum):
    """The state of a request."""

    WAITING = auto()
    """In the queue, nothing done yet."""
    ENCODING_AUDIO = auto()
    """Its audio prompt is being encoded."""
    ENCODING_TEXT = auto()
    """Its text prompt is being encoded."""
    READY = auto()
    """Encoded, and waiting for slots."""
    PREFILL = auto()
    """The decoder reads tokens that are known: an audio prompt, or the last window's end."""
    DECODING = auto()
    """The decoder samples a token of each codebook per step."""
    VOCODING = auto()
    """Every token is sampled and the slots are free; the rest of the audio is decoded."""
    SEPARATING = auto()
    """The audio of its stems is being decoded."""
    FINISHED = auto()
    CANCELLED = auto()


IN_BATCH = frozenset({RequestState.PREFILL, RequestState.DECODING})
"""States in which a request takes part in decoder steps."""

STEERABLE = IN_BATCH | {
    RequestState.WAITING,
    RequestState.ENCODING_AUDIO,
    RequestState.ENCODING_TEXT,
    RequestState.READY,
}
"""States with tokens still to be sampled, so that a prompt change has an effect."""

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
    # The step that reads the last known token also samples one, which may be the only one.
    RequestState.PREFILL: frozenset(
        {RequestState.DECODING, RequestState.VOCODING, RequestState.CANCELLED}
    ),
    # Each later window starts with a prefill of its overlap with the previous one.
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
    """A transition that is not allowed: a bug of the engine."""


def check_transition(old: RequestState, new: RequestState) -> None:
    """Raise InvalidTransitionError unless `new` can follow `old`."""
    if new not in TRANSITIONS[old]:
        raise InvalidTransitionError(f"{old.name} can't be followed by {new.name}.")
