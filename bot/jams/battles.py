"""Policy of battles: the next step, when it is due, and who has won. Pure functions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from bot.domain.battles import (
    LEAST_ENTRIES,
    Battle,
    BattleOutcome,
    BattleState,
    BattleStep,
    Entrants,
    LadderEntry,
)

GRACE_SECONDS = 15 * 60.0
"""How long a battle waits for queued entries after entries close."""


def next_step(battle: Battle, entrants: Entrants, now: float) -> BattleStep:
    """Return the next step of a battle at a time, in seconds since 1970."""
    match battle.state:
        case BattleState.OPEN | BattleState.CLOSED if battle.user_id is None:
            return BattleStep.CALL_OFF
        case BattleState.OPEN:
            return BattleStep.CLOSE if now >= battle.closes_at else BattleStep.WAIT
        case BattleState.CLOSED:
            if entrants.pending and now < battle.closes_at + GRACE_SECONDS:
                return BattleStep.WAIT
            return BattleStep.LINE_UP if entrants.ready >= LEAST_ENTRIES else BattleStep.GIVE_UP
        case BattleState.POSTING:
            return BattleStep.POST
        case BattleState.VOTING:
            assert battle.poll_ends_at is not None
            return BattleStep.COUNT if now >= battle.poll_ends_at else BattleStep.WAIT
        case BattleState.COUNTED:
            return BattleStep.TELL
        case BattleState.ENDED:
            return BattleStep.WAIT


def due_at(battle: Battle) -> float | None:
    """Return when a waiting battle becomes due; None if only its entries decide."""
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
    """Return the jobs of the entries, shuffled so that their order doesn't reveal their authors.

    Deterministic for a battle, so that a restart continues with the same numbers.
    """

    def shuffled(job_id: int) -> bytes:
        return hashlib.sha256(f"{battle_id}/{job_id}".encode()).digest()

    return tuple(sorted(job_ids, key=shuffled))


def decide(
    votes: Mapping[int, int], present: Iterable[int]
) -> tuple[BattleOutcome, frozenset[int]]:
    """Return the outcome of a vote and the numbers of the winners.

    `votes` are by entry number; only entries in `present` can win, others were withdrawn.
    """
    counted = {number: votes.get(number, 0) for number in present}
    if not counted:
        return BattleOutcome.TOO_FEW, frozenset()
    most = max(counted.values())
    if not most:
        return BattleOutcome.NO_VOTES, frozenset()
    winners = frozenset(number for number, count in counted.items() if count == most)
    return (BattleOutcome.WON if len(winners) == 1 else BattleOutcome.TIED), winners


def rank(rungs: Iterable[LadderEntry]) -> list[LadderEntry]:
    """Sort a ladder by wins (a shared win counts half), then votes, then fewest battles."""
    return sorted(
        rungs,
        key=lambda each: (each.shared / 2 - each.wins, -each.votes, each.battles, each.user_id),
    )
