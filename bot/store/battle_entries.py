"""Decide whether a person can enter a battle, within the transaction that accepts the order."""

from __future__ import annotations

from typing import Any

from bot.domain.battles import MOST_ENTRIES, BattleState
from bot.errors import Refused
from bot.i18n.sentence import Sentence
from bot.store.database import Row
from bot.store.job_states import UNFINISHED

NO_MORE_ENTRIES = Sentence("This battle takes no more entries.")
FULL = Sentence(
    "{most} people are in this battle already, and a poll has no room for more.", most=MOST_ENTRIES
)
ON_ITS_WAY = Sentence(
    "Your entry is being made: wait for it, or cancel it, before you make another one."
)

_STANDING = f"""
    SELECT
    EXISTS (SELECT 1 FROM battles WHERE id = :battle AND state = '{BattleState.OPEN}'
            AND closes_at > :now) AS is_open,
    EXISTS (SELECT 1 FROM jobs WHERE battle_id = :battle AND user_id = :user
            AND {UNFINISHED}) AS is_on_its_way,
    (SELECT COUNT(DISTINCT user_id) FROM jobs WHERE battle_id = :battle AND user_id != :user
     AND state NOT IN ('failed', 'cancelled')
     AND NOT EXISTS (SELECT 1 FROM clips WHERE clips.job_id = jobs.id AND is_deleted)) AS others
"""  # noqa: S608 - ours


def entry_query(battle_id: int, user_id: int, now: float) -> tuple[str, dict[str, Any]]:
    """Return the query for the deciding row, with its parameters."""
    return _STANDING, {"battle": battle_id, "user": user_id, "now": now}


def decide_entry(row: Row) -> None:
    """Raise Refused for the first reason in the row."""
    if not row["is_open"]:
        raise Refused(NO_MORE_ENTRIES)
    if row["is_on_its_way"]:
        raise Refused(ON_ITS_WAY)
    if row["others"] >= MOST_ENTRIES:
        raise Refused(FULL)
