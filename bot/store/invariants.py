"""Invariants of the database, which hold after any kill, cancellation or deletion.

Each is a query for violating rows; those of ledger and jams have files of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.jobs import JobState
from bot.domain.takes import MOST_TOGETHER
from bot.i18n.sentence import Sentence
from bot.store.database import Database
from bot.store.jam_invariants import JAM_INVARIANTS
from bot.store.job_states import ANY, ENDED, UNFINISHED, in_states
from bot.store.ledger_invariants import LEDGER_INVARIANTS, Invariant

INVARIANTS = (
    *LEDGER_INVARIANTS,
    Invariant(
        "a job's state is a known one",
        Sentence("Job {row} is in an unknown state."),
        f"""
        SELECT id FROM jobs WHERE NOT {ANY}
        """,  # noqa: S608 - ours
    ),
    Invariant(
        "no job has negative attempts",
        Sentence("Job {row} has a negative number of attempts."),
        "SELECT id FROM jobs WHERE attempts < 0",
    ),
    Invariant(
        "a job in delivery has its clip",
        Sentence("Job {row} is being delivered but has no clip."),
        f"""
        SELECT id FROM jobs
        WHERE {in_states(JobState.RENDERED, JobState.DELIVERING, JobState.HELD)} AND clip_id IS NULL
        AND NOT (state = 'held' AND user_id IN (SELECT user_id FROM forgotten))
        """,  # noqa: S608 - ours
    ),
    Invariant(
        "a job's clip exists and belongs to it",
        Sentence("Job {row} has a clip that is missing or belongs to another job."),
        """
        SELECT id FROM jobs WHERE clip_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM clips WHERE clips.id = clip_id AND job_id = jobs.id)
        """,
    ),
    Invariant(
        "a waiting job has no clip",
        Sentence("Job {row} is waiting or being made but already has a clip."),
        f"""
        SELECT id FROM jobs WHERE {in_states(JobState.QUEUED, JobState.RUNNING)}
        AND (clip_id IS NOT NULL OR id IN (SELECT job_id FROM clips))
        """,  # noqa: S608 - ours
    ),
    Invariant(
        "a delivered clip has a message",
        Sentence("Job {row} was delivered but has no message."),
        "SELECT id FROM jobs WHERE state = 'delivered' AND clip_id IS NOT NULL "
        "AND message_id IS NULL",
    ),
    Invariant(
        "a message has one clip, or the takes of one order",
        Sentence("Message {row} has clips that were not ordered together."),
        """
        SELECT clips.message_id FROM clips JOIN jobs ON jobs.id = job_id
        WHERE clips.message_id IS NOT NULL GROUP BY clips.message_id HAVING COUNT(*) > 1
        AND (COUNT(DISTINCT group_key) != 1 OR COUNT(group_key) != COUNT(*))
        """,
    ),
    Invariant(
        "takes in one message are of one person and place, and no more than it shows",
        Sentence("The takes ordered with {row} are too many, or of different people or places."),
        f"""
        SELECT group_key FROM jobs WHERE group_key IS NOT NULL GROUP BY group_key
        HAVING COUNT(*) > {MOST_TOGETHER} OR MIN(user_id) != MAX(user_id)
        OR MIN(channel_id) != MAX(channel_id)
        """,  # noqa: S608 - ours
    ),
    Invariant(
        "takes in one message are delivered together",
        Sentence(
            "The takes ordered with {row} were delivered without one of them, or "
            "to different messages."
        ),
        f"""
        SELECT group_key FROM jobs WHERE group_key IS NOT NULL GROUP BY group_key
        HAVING SUM(state = 'delivered') > 0 AND (SUM({UNFINISHED}) > 0 OR
        COUNT(DISTINCT CASE state WHEN 'delivered' THEN message_id END) > 1)
        """,  # noqa: S608 - ours
    ),
    Invariant(
        "a clip has its job's person and server",
        Sentence("Clip {row} belongs to another person or server than its job."),
        """
        SELECT clips.id FROM clips JOIN jobs ON jobs.id = job_id
        WHERE clips.user_id != jobs.user_id OR clips.guild_id IS NOT jobs.guild_id
        """,
    ),
    Invariant(
        "a file belongs to one clip",
        Sentence("The file {row} belongs to more than one clip."),
        "SELECT file FROM clips WHERE NOT is_deleted GROUP BY file HAVING COUNT(*) > 1",
    ),
    Invariant(
        "a clip is newer than its parents",
        Sentence("Clip {row} was made from itself, or from one that came later."),
        "SELECT clip_id FROM clip_parents WHERE parent_id >= clip_id",
    ),
    Invariant(
        "an ended job keeps no interaction token",
        Sentence("Job {row} has ended but its token is still kept."),
        f"SELECT id FROM jobs WHERE {ENDED} AND NOT untold AND token IS NOT NULL",  # noqa: S608
    ),
    Invariant(
        "a forgotten person has no prompts left",
        Sentence("Job {row} belongs to a forgotten person but still has its prompt."),
        """
        SELECT id FROM jobs JOIN forgotten USING (user_id) WHERE id <= last_job_id
        AND NOT is_pending AND (prompt IS NOT NULL OR source IS NOT NULL OR token IS NOT NULL)
        """,
    ),
    Invariant(
        "a person being forgotten has no open job",
        Sentence("Job {row} is unfinished but its person is being forgotten."),
        f"""
        SELECT id FROM jobs JOIN forgotten USING (user_id) WHERE id <= last_job_id
        AND is_pending AND {UNFINISHED}
        """,  # noqa: S608 - ours
    ),
    Invariant(
        "ledger entries are locked against deletion",
        Sentence("The ledger entries of person {row} could be deleted."),
        "SELECT value FROM facts WHERE name = 'forgetting'",
    ),
    Invariant(
        "the counts of jobs are right",
        Sentence("The count of jobs that are {row} is wrong."),
        """
        SELECT state FROM (
            SELECT state, SUM(jobs) AS jobs FROM (
                SELECT state, COUNT(*) AS jobs FROM jobs GROUP BY state
                UNION ALL SELECT state, -jobs FROM counted_jobs
            ) GROUP BY state
        ) WHERE jobs != 0
        """,
    ),
    Invariant(
        "the sums of the ledger are right",
        Sentence("The sum of the ledger's entries {row} is wrong."),
        # Sums of floats depend on their order.
        """
        SELECT summed.entry FROM summed_seconds AS summed LEFT JOIN (
            SELECT entry, SUM(seconds) AS seconds FROM ledger GROUP BY entry
        ) AS found ON found.entry = summed.entry
        WHERE ABS(summed.seconds - summed.deleted_seconds - COALESCE(found.seconds, 0))
        > 1e-6 * (1 + summed.seconds)
        """,
    ),
    Invariant(
        "the stars of a clip are counted",
        Sentence("Clip {row} has another number of stars than is written at it."),
        """
        SELECT id FROM clips LEFT JOIN (
            SELECT clip_id, COUNT(*) AS given FROM stars JOIN clips ON clips.id = clip_id
            WHERE stars.user_id != clips.user_id GROUP BY clip_id
        ) ON clip_id = id WHERE clips.stars != COALESCE(given, 0)
        """,
    ),
    Invariant(
        "a battle is counted exactly if its outcome is known",
        Sentence("Battle {row} is over without an outcome, or has one and goes on."),
        """
        SELECT id FROM battles WHERE (state IN ('counted', 'ended')) != (outcome IS NOT NULL)
        """,
    ),
    Invariant(
        "a battle that is voted on has its poll",
        Sentence("Battle {row} is being voted on but has no poll."),
        """
        SELECT id FROM battles
        WHERE state = 'voting' AND (poll_message_id IS NULL OR poll_ends_at IS NULL)
        """,
    ),
    Invariant(
        "an entry was made for its battle",
        Sentence("Battle {row} has an entry that was made for something else."),
        """
        SELECT battle_entries.battle_id FROM battle_entries JOIN jobs ON jobs.id = job_id
        WHERE jobs.battle_id IS NOT battle_entries.battle_id
        OR jobs.user_id IS NOT battle_entries.user_id
        """,
    ),
    Invariant(
        "what one person sees alone was ordered so",
        Sentence("Clip {row} is kept from everybody though it was not ordered for one person."),
        """
        SELECT clips.id FROM clips JOIN jobs ON jobs.id = job_id
        WHERE clips.is_private AND NOT jobs.is_private
        """,
    ),
    Invariant(
        "a daily prompt has a message exactly if it was posted",
        Sentence(
            "The daily prompt {row} was posted without a message, or has one and was not posted."
        ),
        "SELECT id FROM dailies WHERE (state = 'posted') != (message_id IS NOT NULL)",
    ),
    Invariant(
        "one daily prompt of a server at a time is to be posted",
        Sentence("Server {row} has several daily prompts that are to be posted."),
        "SELECT guild_id FROM dailies WHERE state = 'wished' GROUP BY guild_id HAVING COUNT(*) > 1",
    ),
    Invariant(
        "only what was deleted is withdrawn from messages",
        Sentence("Clip {row} is to be withdrawn from a message though it was not deleted."),
        """
        SELECT clip_id FROM withdrawals JOIN clips ON clips.id = clip_id WHERE NOT is_deleted
        """,
    ),
    *JAM_INVARIANTS,
    Invariant(
        "each foreign key has its row",
        Sentence("A row of the table {row} refers to a row that is missing."),
        'SELECT DISTINCT "table" FROM pragma_foreign_key_check',
    ),
)
"""All invariants, checked by `zhiyin doctor` and at the end of tests."""


async def check(database: Database, invariants: Iterable[Invariant] = INVARIANTS) -> list[Sentence]:
    """Return the violated invariants, as sentences."""
    return [
        sentence
        for invariant in invariants
        for sentence in invariant.violations(await database.all(invariant.sql))
    ]
