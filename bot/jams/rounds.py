"""Policy of turns in a jam: whose turn it is, and what is due by time. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from bot.domain.jams import JamSnapshot, JamState, Player

TURN_WAIT_SECONDS = 10 * 60.0
"""How long a rotation waits for the next player."""

HOLD_SECONDS = 5 * 60.0
"""How long a person may take to write the prompt of a reserved turn."""

IDLE_SECONDS = 3 * 86_400.0
"""The idle time after which a jam closes."""


class TurnAnswer(Enum):
    """Whether a person can take the turn, or why not."""

    YOURS = auto()
    CLOSED = auto()
    BEING_MADE = auto()
    """A turn is queued or being generated."""
    HELD = auto()
    """Somebody else has reserved it."""
    NOT_YOURS = auto()
    """It is somebody else's turn in the rotation."""
    FULL = auto()
    """The track has reached its maximum length."""


class JamStep(Enum):
    """What is due in a jam by time."""

    WAIT = auto()
    PASS_ON = auto()
    """The turn was not taken, or no prompt came: it passes to the next player."""
    CLOSE = auto()
    """The jam is idle."""


def next_player(snapshot: JamSnapshot) -> int | None:
    """Return whose turn it is in the rotation; None if it is anybody's.

    Players who missed a turn are skipped, and a single player is not waited for.
    """
    if not snapshot.jam.in_rotation:
        return None
    here = [player for player in snapshot.players if not player.is_away]
    last = snapshot.parts[-1].user_id if snapshot.parts else None
    if not [player for player in here if player.user_id != last]:
        return None
    return _after(here, _place_of(snapshot.players, last)).user_id


def may_take(snapshot: JamSnapshot, user_id: int, now: float) -> TurnAnswer:
    """Return whether a person can take the turn now."""
    jam = snapshot.jam
    if jam.state is not JamState.OPEN:
        return TurnAnswer.CLOSED
    if snapshot.seconds + snapshot.turn_seconds > jam.most_seconds + 1e-6:
        return TurnAnswer.FULL
    if jam.job_id is not None:
        return TurnAnswer.BEING_MADE
    if jam.holder_id == user_id:
        return TurnAnswer.YOURS
    if jam.holder_id is not None and jam.held_until is not None and now < jam.held_until:
        return TurnAnswer.HELD
    if next_player(snapshot) not in (None, user_id):
        return TurnAnswer.NOT_YOURS
    return TurnAnswer.YOURS


def may_undo(snapshot: JamSnapshot, user_id: int, *, is_manager: bool) -> bool:
    """Return whether somebody may undo the last turn: its author, the starter, a manager."""
    return is_manager or user_id in (snapshot.jam.user_id, snapshot.parts[-1].user_id)


def may_close(
    snapshot: JamSnapshot, user_id: int, *, is_manager: bool, has_starter_left: bool = False
) -> bool:
    """Return whether a person can close a jam: its starter, or a manager.

    If the starter's data was deleted, or they left the server, any player can.
    """
    is_nobodys = has_starter_left or snapshot.jam.user_id is None
    if is_nobodys and user_id in [player.user_id for player in snapshot.players]:
        return True
    return is_manager or user_id == snapshot.jam.user_id


def next_step(snapshot: JamSnapshot, now: float) -> JamStep:
    """Return what is due in a jam at a time, in seconds since 1970."""
    jam = snapshot.jam
    if jam.state is not JamState.OPEN or jam.job_id is not None:
        return JamStep.WAIT
    if now >= jam.turn_since + IDLE_SECONDS:
        return JamStep.CLOSE
    passes_at = _passes_at(snapshot)
    return JamStep.PASS_ON if passes_at is not None and now >= passes_at else JamStep.WAIT


def due_at(snapshot: JamSnapshot) -> float | None:
    """Return when a jam becomes due by time; None if only a job or a person decides."""
    if snapshot.jam.state is not JamState.OPEN or snapshot.jam.job_id is not None:
        return None
    idle_at = snapshot.jam.turn_since + IDLE_SECONDS
    passes_at = _passes_at(snapshot)
    return idle_at if passes_at is None else min(passes_at, idle_at)


def passes_on_at(snapshot: JamSnapshot) -> float | None:
    """Return until when the turn waits for somebody; None if for nobody."""
    return None if snapshot.jam.job_id is not None else _passes_at(snapshot)


def waited_for(snapshot: JamSnapshot) -> int | None:
    """Return whom the turn waits for: who reserved it, or whose it is; None for anybody."""
    return snapshot.jam.holder_id if snapshot.jam.holder_id is not None else next_player(snapshot)


def _passes_at(snapshot: JamSnapshot) -> float | None:
    if snapshot.jam.holder_id is not None:
        return snapshot.jam.held_until
    return None if next_player(snapshot) is None else snapshot.jam.turn_since + TURN_WAIT_SECONDS


def _place_of(players: Sequence[Player], user_id: int | None) -> int:
    return next((each.number for each in players if each.user_id == user_id), 0)


def _after(players: Sequence[Player], number: int) -> Player:
    """Return the first player after a place in the rotation, wrapping around."""
    ordered = sorted(players, key=lambda each: each.number)
    return next((each for each in ordered if each.number > number), ordered[0])
