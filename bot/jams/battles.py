"""When a battle goes on to what, and who has won: decided from what is known, and nothing done."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from bot.domain.battles import (
    LEAST_ENTRIES,
    Battle,
    BattleState,
    Entrants,
    Outcome,
    Rung,
    Step,
)

GRACE_SECONDS = 15 * 60.0
"""How long an entry that is in the queue when entries close is waited for."""


def next_step(battle: Battle, entrants: Entrants, now: float) -> Step:
    """Return what is to be done for a battle at a time, in seconds since 1970."""
    match battle.state:
        case BattleState.OPEN | BattleState.CLOSED if battle.user_id is None:
            return Step.CALL_OFF
        case BattleState.OPEN:
            return Step.CLOSE if now >= battle.closes_at else Step.WAIT
        case BattleState.CLOSED:
            if entrants.pending and now < battle.closes_at + GRACE_SECONDS:
                return Step.WAIT
            return Step.LINE_UP if entrants.ready >= LEAST_ENTRIES else Step.GIVE_UP
        case BattleState.POSTING:
            return Step.POST
        case BattleState.VOTING:
            assert battle.poll_ends_at is not None
            return Step.COUNT if now >= battle.poll_ends_at else Step.WAIT
        case BattleState.COUNTED:
            return Step.TELL
        case BattleState.ENDED:
            return Step.WAIT


def due_at(battle: Battle) -> float | None:
    """Return when a battle that waits is to be looked at again; None where its entries say so."""
    match battle.state:
        case BattleState.OPEN:
            return battle.closes_at
        case BattleState.CLOSED:
            return battle.closes_at + GRACE_SECONDS
        case BattleState.VOTING:
            return battle.poll_ends_at
        case _:
            return None


def line_up(battle_id: int, job_ids: Iterable[int]) -> tuple[int, ...]:
    """Return the jobs of the entries in an order that doesn't tell who came first.

    The same each time, so that a start after a kill goes on with the same numbers.
    """

    def shuffled(job_id: int) -> bytes:
        return hashlib.sha256(f"{battle_id}/{job_id}".encode()).digest()

    return tuple(sorted(job_ids, key=shuffled))


def decide(votes: Mapping[int, int], present: Iterable[int]) -> tuple[Outcome, frozenset[int]]:
    """Return what came of a vote and the numbers of those who won.

    `votes` are by the entries' numbers; only those `present` can win: others were withdrawn.
    """
    counted = {number: votes.get(number, 0) for number in present}
    if not counted:
        return Outcome.TOO_FEW, frozenset()
    most = max(counted.values())
    if not most:
        return Outcome.NO_VOTES, frozenset()
    winners = frozenset(number for number, count in counted.items() if count == most)
    return (Outcome.WON if len(winners) == 1 else Outcome.TIED), winners


def rank(rungs: Iterable[Rung]) -> list[Rung]:
    """Sort a ladder: a shared win counts half a win, then votes count, then fewer battles."""
    return sorted(
        rungs,
        key=lambda each: (each.shared / 2 - each.wins, -each.votes, each.battles, each.user_id),
    )
