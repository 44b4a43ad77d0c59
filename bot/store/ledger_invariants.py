"""Invariants of the ledger and the jobs that it charges.

A backup that violates one is rejected.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from bot.i18n.sentence import Sentence
from bot.store.job_states import ENDED


@dataclass(frozen=True, slots=True)
class Invariant:
    """A name, a sentence about a violating row, and the query for such rows.

    The first column of a row is the sentence's value `row`.
    """

    name: str
    sentence: Sentence
    sql: str

    def violations(self, rows: Iterable[sqlite3.Row]) -> list[Sentence]:
        """Return a sentence for each row."""
        return [self.sentence.fill(row=row[0]) for row in rows]


LEDGER_INVARIANTS = (
    Invariant(
        "each settlement has a reservation",
        Sentence("Job {row} has a settlement but no reservation."),
        """
        SELECT job_id FROM ledger WHERE entry IN ('commit', 'refund')
        AND job_id NOT IN (SELECT job_id FROM ledger WHERE entry = 'reserve')
        """,
    ),
    Invariant(
        "the settled amount is the reserved amount",
        Sentence("Job {row} was settled for another number of seconds than was reserved."),
        """
        SELECT a.job_id FROM ledger a JOIN ledger b ON a.job_id = b.job_id
        WHERE a.entry = 'reserve' AND b.entry IN ('commit', 'refund') AND a.seconds != b.seconds
        """,
    ),
    Invariant(
        "an ended job is settled",
        Sentence("Job {row} has ended but its seconds are still reserved."),
        f"""
        SELECT id FROM jobs WHERE {ENDED}
        AND id NOT IN (SELECT job_id FROM ledger WHERE entry IN ('commit', 'refund'))
        """,  # noqa: S608 - ours
    ),
    Invariant(
        "an unfinished job is not settled",
        Sentence("Job {row} is unfinished but already settled."),
        f"""
        SELECT id FROM jobs WHERE NOT {ENDED}
        AND id IN (SELECT job_id FROM ledger WHERE entry IN ('commit', 'refund'))
        """,  # noqa: S608 - ours
    ),
    Invariant(
        "a job is charged exactly if it was delivered",
        Sentence("Job {row} was delivered but not charged, or charged but not delivered."),
        """
        SELECT id FROM jobs WHERE (state = 'delivered') != (
            id IN (SELECT job_id FROM ledger WHERE entry = 'commit'))
        """,
    ),
    Invariant(
        "each job has a reservation",
        Sentence("Job {row} has no reservation."),
        """
        SELECT id FROM jobs WHERE id NOT IN (SELECT job_id FROM ledger WHERE entry = 'reserve')
        """,
    ),
    Invariant(
        "a job has one reservation and at most one settlement",
        Sentence("Job {row} has more than one reservation or settlement."),
        """
        SELECT job_id FROM ledger WHERE job_id IS NOT NULL
        GROUP BY job_id, entry = 'reserve' HAVING COUNT(*) > 1
        """,
    ),
    Invariant(
        "a ledger entry has its job's person, server and length",
        Sentence("Job {row} is in the ledger with another person, server or length."),
        """
        SELECT jobs.id FROM jobs JOIN ledger ON job_id = jobs.id
        WHERE ledger.user_id != jobs.user_id OR ledger.guild_id IS NOT jobs.guild_id
        OR ledger.seconds != jobs.seconds
        """,
    ),
    Invariant(
        "a job is settled for the day it was reserved for",
        Sentence("Job {row} was settled for another day than it was reserved for."),
        """
        SELECT job_id FROM ledger WHERE job_id IS NOT NULL
        GROUP BY job_id HAVING COUNT(DISTINCT day) > 1
        """,
    ),
    Invariant(
        "exactly the resets have no job",
        Sentence("Entry {row} of the ledger belongs to no job, or is a reset that belongs to one."),
        "SELECT id FROM ledger WHERE (entry = 'reset') != (job_id IS NULL)",
    ),
    Invariant(
        "no ledger entry is negative",
        Sentence("Entry {row} of the ledger is negative."),
        "SELECT id FROM ledger WHERE seconds < 0 OR typeof(seconds) != 'real'",
    ),
)
