"""Invariants of jams: one turn at a time, and each delivered turn in the track once."""

from __future__ import annotations

from bot.i18n.sentence import Sentence
from bot.store.job_states import UNFINISHED
from bot.store.ledger_invariants import Invariant

JAM_INVARIANTS = (
    Invariant(
        "an unfinished turn is the one that its jam waits for",
        Sentence("Job {row} makes a turn of a jam that waits for another one, or for none."),
        f"""
        SELECT id FROM jobs WHERE jam_id IS NOT NULL AND {UNFINISHED}
        AND NOT EXISTS (SELECT 1 FROM jams WHERE jams.id = jam_id AND jams.job_id = jobs.id)
        """,  # noqa: S608 - ours
    ),
    Invariant(
        "a jam waits for an unfinished turn of its own",
        Sentence("Jam {row} waits for a job that has ended, or makes something else."),
        f"""
        SELECT id FROM jams WHERE job_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM jobs WHERE jobs.id = jams.job_id AND jobs.jam_id = jams.id
            AND {UNFINISHED})
        """,  # noqa: S608 - ours
    ),
    Invariant(
        "a turn that was delivered is in its jam",
        Sentence("Job {row} has delivered a turn that is not in its jam."),
        """
        SELECT id FROM jobs WHERE kind = 'jam turn' AND state = 'delivered'
        AND jam_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM jam_turns
            WHERE jam_turns.jam_id = jobs.jam_id AND jam_turns.job_id = jobs.id)
        """,
    ),
    Invariant(
        "a turn in a jam was delivered by its author",
        Sentence("Jam {row} has a turn that was not delivered, or is another person's."),
        """
        SELECT jam_turns.jam_id FROM jam_turns JOIN jobs ON jobs.id = job_id
        WHERE kind != 'jam turn' OR jobs.state != 'delivered'
        OR jobs.user_id IS NOT jam_turns.user_id
        """,
    ),
    Invariant(
        "a jam is closing while its mixdown is made",
        Sentence("Jam {row} is closing without a mixdown, or has one made and is open."),
        """
        SELECT id FROM jams WHERE state != 'closed'
        AND (state = 'closing') != (job_id IS NOT NULL AND EXISTS (
            SELECT 1 FROM jobs WHERE jobs.id = jams.job_id AND kind = 'jam mixdown'))
        """,
    ),
    Invariant(
        "nobody holds a turn that is being made",
        Sentence(
            "Jam {row} has a turn that somebody holds though it is being made, or "
            "though it is closed."
        ),
        """
        SELECT id FROM jams WHERE holder_id IS NOT NULL
        AND (job_id IS NOT NULL OR state != 'open' OR held_until IS NULL)
        """,
    ),
)
