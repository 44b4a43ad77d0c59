"""Turns of a jam: whose turn it is, who may do what, and what changes with time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.jams import Jam, JamSnapshot, JamState, Part, Player, track_of
from bot.jams.rounds import (
    HOLD_SECONDS,
    IDLE_SECONDS,
    TURN_WAIT_SECONDS,
    JamStep,
    TurnAnswer,
    due_at,
    may_close,
    may_take,
    may_undo,
    next_player,
    next_step,
    waited_for,
)
from tests.support.clips import clip

ALICE, BOB, CAROL = 1, 2, 3
NOW = 1000.0


def snapshot(turns=(), players=(ALICE,), away=(), **changes):
    """Return a jam in which these people have taken turns of 8 s each, in this order."""
    usual: dict[str, Any] = {
        "id": 1, "key": "1", "guild_id": 10, "channel_id": 5, "user_id": ALICE, "title": "t",
        "style": None,
        "bpm": 120, "music_key": None, "bars": 4, "in_rotation": True, "most_seconds": 60.0,
        "locale": None, "forked_from": None, "created_at": NOW, "state": JamState.OPEN,
        "turn_since": NOW,
    }  # fmt: skip
    parts = tuple(
        Part(
            number=number,
            user_id=who,
            starts_at_seconds=8.0 * (number - 1),
            job_id=number,
            clip=replace(clip(number), seconds=8.0 * number),
        )
        for number, who in enumerate(turns, 1)
    )
    people = tuple(
        Player(user_id=who, number=number, name=f"p{who}", is_away=who in away)
        for number, who in enumerate(players, 1)
    )
    return JamSnapshot(jam=Jam(**(usual | changes)), parts=parts, players=people)


@pytest.mark.parametrize(
    ("turns", "players", "away", "whose"),
    [
        ((), (ALICE,), (), ALICE),
        ((ALICE,), (ALICE,), (), None),  # the last player does not wait for themselves
        ((ALICE,), (ALICE, BOB), (), BOB),
        ((ALICE, BOB), (ALICE, BOB), (), ALICE),
        ((ALICE, BOB), (ALICE, BOB, CAROL), (), CAROL),
        ((ALICE, BOB), (ALICE, BOB, CAROL), (CAROL,), ALICE),
        ((ALICE, BOB), (ALICE, BOB, CAROL), (CAROL, ALICE), None),
        ((9,), (ALICE, BOB), (), ALICE),  # the last player's data were deleted
        ((), (ALICE,), (ALICE,), None),
    ],
)
def test_the_rotation_continues_after_the_last_player(turns, players, away, whose):
    """Among the people who are present; if nobody else is, anybody may go on."""
    assert next_player(snapshot(turns, players, away)) == whose
    assert next_player(snapshot(turns, players, away, in_rotation=False)) is None


def test_an_open_turn_can_be_taken():
    """In a round by the next player, otherwise by anybody, and not while a turn is generated."""
    free = snapshot((ALICE,), in_rotation=False)
    assert may_take(free, ALICE, NOW) is may_take(free, CAROL, NOW) is TurnAnswer.YOURS
    turns = snapshot((ALICE,), (ALICE, BOB))
    assert may_take(turns, BOB, NOW) is TurnAnswer.YOURS
    assert may_take(turns, ALICE, NOW) is may_take(turns, CAROL, NOW) is TurnAnswer.NOT_YOURS
    held = snapshot(holder_id=BOB, held_until=NOW + 5, in_rotation=False)
    assert may_take(held, BOB, NOW) is TurnAnswer.YOURS
    assert may_take(held, ALICE, NOW) is TurnAnswer.HELD
    assert may_take(held, ALICE, NOW + 5) is TurnAnswer.YOURS
    assert may_take(snapshot(job_id=7), ALICE, NOW) is TurnAnswer.BEING_MADE
    for state in (JamState.CLOSING, JamState.CLOSED):
        assert may_take(snapshot(state=state), ALICE, NOW) is TurnAnswer.CLOSED


def test_a_full_track_accepts_no_turn():
    """A turn that fills the track exactly is accepted."""
    assert may_take(snapshot((ALICE, BOB), (), most_seconds=24.0), CAROL, NOW) is TurnAnswer.YOURS
    assert may_take(snapshot((ALICE, BOB), (), most_seconds=23.9), CAROL, NOW) is TurnAnswer.FULL


def test_an_unused_turn_passes_on():
    """In a round after a timeout, and a reserved turn if no prompt comes; otherwise never."""
    for waiting, seconds in (
        (snapshot((ALICE,), (ALICE, BOB)), TURN_WAIT_SECONDS),
        (snapshot(holder_id=BOB, held_until=NOW + HOLD_SECONDS, in_rotation=False), HOLD_SECONDS),
    ):
        assert waited_for(waiting) == BOB
        assert due_at(waiting) == NOW + seconds
        assert next_step(waiting, NOW + seconds - 1) is JamStep.WAIT
        assert next_step(waiting, NOW + seconds) is JamStep.PASS_ON
    anybody = snapshot((ALICE,))
    assert waited_for(anybody) is None
    assert next_step(anybody, NOW + TURN_WAIT_SECONDS) is JamStep.WAIT
    assert due_at(snapshot(job_id=7)) is None
    assert next_step(snapshot(job_id=7), NOW + 2 * IDLE_SECONDS) is JamStep.WAIT


def test_an_idle_jam_closes():
    """After days without a turn."""
    for quiet in (snapshot((ALICE,)), snapshot((ALICE,), (ALICE, BOB))):
        assert next_step(quiet, NOW + IDLE_SECONDS) is JamStep.CLOSE
        assert next_step(replace(quiet, jam=replace(quiet.jam, state=JamState.CLOSED)), 1e9) is (
            JamStep.WAIT
        )


def test_undoing_and_closing_need_permission():
    """A turn belongs to its author and the jam to its starter; managers may do both."""
    jam = snapshot((ALICE, BOB), (ALICE, BOB, CAROL))
    assert [may_undo(jam, who, is_manager=False) for who in (ALICE, BOB, CAROL)] == [
        True, True, False,
    ]  # fmt: skip
    assert may_undo(jam, CAROL, is_manager=True)
    assert [may_close(jam, who, is_manager=False) for who in (ALICE, BOB, CAROL)] == [
        True, False, False,
    ]  # fmt: skip
    assert may_close(jam, CAROL, is_manager=True)
    orphan = replace(jam, jam=replace(jam.jam, user_id=None))
    assert may_close(orphan, CAROL, is_manager=False)
    assert not may_close(orphan, 9, is_manager=False)


def test_a_track_ends_with_the_last_existing_clip():
    """A deleted clip in the middle is part of later ones; deleted clips at the end are left out."""
    one, two, three = snapshot((ALICE, BOB, CAROL)).parts
    gone = [replace(part, clip=None) for part in (one, two, three)]
    assert track_of((one, gone[1], three)) == (one, gone[1], three)
    assert track_of((one, two, gone[2])) == (one, two)
    assert track_of(tuple(gone)) == ()
    assert track_of(tuple(gone), is_closed=True) == tuple(gone)
