"""Battles: their next step, who has won, and the order of the ladder."""

from __future__ import annotations

import dataclasses

import pytest

from bot.domain.battles import Battle, BattleOutcome, BattleState, BattleStep, Entrants, LadderEntry
from bot.jams.battles import GRACE_SECONDS, decide, due_at, line_up, next_step, rank

CLOSES_AT = 1000.0
OPEN = Battle(
    id=1, key="99", guild_id=10, channel_id=5, user_id=1, prompt="rock", clip_id=None, seconds=8.0,
    created_at=0.0, closes_at=CLOSES_AT, voting_seconds=60.0, locale=None, state=BattleState.OPEN,
)  # fmt: skip
CLOSED = dataclasses.replace(OPEN, state=BattleState.CLOSED)
VOTING = dataclasses.replace(
    OPEN, state=BattleState.VOTING, poll_message_id=7, poll_ends_at=CLOSES_AT + 60
)


@pytest.mark.parametrize(
    ("battle", "ready", "pending", "now", "step"),
    [
        (OPEN, 5, 0, CLOSES_AT - 1, BattleStep.WAIT),
        (OPEN, 0, 0, CLOSES_AT, BattleStep.CLOSE),
        (CLOSED, 2, 0, CLOSES_AT, BattleStep.LINE_UP),
        (CLOSED, 1, 0, CLOSES_AT, BattleStep.GIVE_UP),
        # A queued entry is waited for, but not for ever.
        (CLOSED, 2, 1, CLOSES_AT + GRACE_SECONDS - 1, BattleStep.WAIT),
        (CLOSED, 2, 1, CLOSES_AT + GRACE_SECONDS, BattleStep.LINE_UP),
        (CLOSED, 1, 1, CLOSES_AT + GRACE_SECONDS, BattleStep.GIVE_UP),
        (dataclasses.replace(OPEN, state=BattleState.POSTING), 2, 0, 0.0, BattleStep.POST),
        (VOTING, 2, 0, CLOSES_AT + 59, BattleStep.WAIT),
        # Also if the bot was off for a long time.
        (VOTING, 2, 0, CLOSES_AT + 1e6, BattleStep.COUNT),
        (dataclasses.replace(OPEN, state=BattleState.COUNTED), 2, 0, 0.0, BattleStep.TELL),
        (dataclasses.replace(OPEN, state=BattleState.ENDED), 2, 0, 1e9, BattleStep.WAIT),
        # If the person who started it deleted their data, an open vote still goes on.
        (dataclasses.replace(OPEN, user_id=None), 2, 0, 0.0, BattleStep.CALL_OFF),
        (dataclasses.replace(CLOSED, user_id=None), 2, 0, 0.0, BattleStep.CALL_OFF),
        (dataclasses.replace(VOTING, user_id=None), 2, 0, 0.0, BattleStep.WAIT),
    ],
)
def test_battle_steps_depend_on_time_and_entries(battle, ready, pending, now, step):
    """At any time, each state has exactly one next step."""
    assert next_step(battle, Entrants(ready=ready, pending=pending), now) is step


def test_a_waiting_battle_has_a_due_time():
    """Other states are continued at once."""
    assert due_at(OPEN) == CLOSES_AT
    assert due_at(CLOSED) == CLOSES_AT + GRACE_SECONDS
    assert due_at(VOTING) == CLOSES_AT + 60
    assert due_at(dataclasses.replace(OPEN, state=BattleState.ENDED)) is None


def test_the_line_up_is_deterministic_and_hides_the_order():
    """Over many battles, each entrant's place is independent of when they entered."""
    jobs = [11, 12, 13, 14]
    assert line_up(1, jobs) == line_up(1, reversed(jobs))
    assert sorted(line_up(1, jobs)) == jobs
    assert {line_up(battle, jobs).index(11) for battle in range(40)} == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("votes", "present", "outcome", "winners"),
    [
        ({1: 3, 2: 1}, {1, 2}, BattleOutcome.WON, {1}),
        ({1: 2, 2: 2, 3: 1}, {1, 2, 3}, BattleOutcome.TIED, {1, 2}),
        ({}, {1, 2}, BattleOutcome.NO_VOTES, set()),
        # A withdrawn entry can't win, whatever votes it has.
        ({1: 3, 2: 1}, {2}, BattleOutcome.WON, {2}),
        ({1: 3}, {2}, BattleOutcome.NO_VOTES, set()),
        ({1: 3}, set(), BattleOutcome.TOO_FEW, set()),
    ],
)
def test_the_most_votes_win(votes, present, outcome, winners):
    """A tie has several winners; without votes nobody wins."""
    assert decide(votes, present) == (outcome, winners)


def test_a_shared_win_counts_half():
    """Ties on the ladder are broken by votes, then by fewer battles."""
    first = LadderEntry(user_id=1, wins=2, shared=1, battles=9, votes=1)
    second = LadderEntry(user_id=2, wins=1, shared=0, battles=2, votes=5)
    third = LadderEntry(user_id=3, wins=1, shared=0, battles=3, votes=5)
    last = LadderEntry(user_id=4, wins=1, shared=1, battles=1, votes=50)
    assert rank([last, third, second, first]) == [first, second, third, last]
