"""The invariants of the database: each one's violation is planted and reported."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest

from bot.domain.jobs import MessageHandle
from bot.errors import ConfigError
from bot.store.backup import back_up
from bot.store.database import FILE
from bot.store.invariants import INVARIANTS
from bot.store.ledger_invariants import LEDGER_INVARIANTS
from bot.store.store import open_store
from tests.store.test_battles import new_battle, voted_on
from tests.store.test_jams import begin_turn, new_jam, take_turn
from tests.support.stored_jobs import accepted, delivered, limits, new_clip, order

# Job 1 was delivered, 2 made of it and delivered, 3 waits, 4 is being delivered; 5 is another
# person's, who is forgotten; 6 is an entry in a battle, 7 a turn in a jam, and 8
# the next one, which waits; 9 and 10 are takes in one message.
FAULTS = {
    "each settlement has a reservation": (
        "DELETE FROM ledger WHERE job_id = 1 AND entry = 'reserve'",
        "Job 1 has a settlement but no reservation.",
    ),
    "the settled amount is the reserved amount": (
        "UPDATE ledger SET seconds = 9 WHERE job_id = 1 AND entry = 'commit'",
        "Job 1 was settled for another number of seconds than was reserved.",
    ),
    "an ended job is settled": (
        "UPDATE jobs SET state = 'failed', token = NULL WHERE id = 3",
        "Job 3 has ended but its seconds are still reserved.",
    ),
    "an unfinished job is not settled": (
        "UPDATE jobs SET state = 'delivering' WHERE id = 1",
        "Job 1 is unfinished but already settled.",
    ),
    "a job is charged exactly if it was delivered": (
        "UPDATE jobs SET state = 'held' WHERE id = 1",
        "Job 1 was delivered but not charged, or charged but not delivered.",
    ),
    "each job has a reservation": (
        "DELETE FROM ledger WHERE job_id = 3",
        "Job 3 has no reservation.",
    ),
    "a job has one reservation and at most one settlement": (
        "INSERT INTO ledger (job_id, user_id, guild_id, day, entry, seconds, at) "
        "SELECT job_id, user_id, guild_id, day, 'refund', seconds, at FROM ledger "
        "WHERE job_id = 2 AND entry = 'commit'",
        "Job 2 has more than one reservation or settlement.",
    ),
    "a ledger entry has its job's person, server and length": (
        "UPDATE ledger SET user_id = 3 WHERE job_id = 3",
        "Job 3 is in the ledger with another person, server or length.",
    ),
    "a job is settled for the day it was reserved for": (
        "UPDATE ledger SET day = '1999-01-01' WHERE job_id = 1 AND entry = 'commit'",
        "Job 1 was settled for another day than it was reserved for.",
    ),
    "exactly the resets have no job": (
        "UPDATE ledger SET job_id = 3 WHERE entry = 'reset'",
        "Entry {reset} of the ledger belongs to no job, or is a reset that belongs to one.",
    ),
    "no ledger entry is negative": (
        "UPDATE ledger SET seconds = -1 WHERE entry = 'reset'",
        "Entry {reset} of the ledger is negative.",
    ),
    "a job's state is a known one": (
        "UPDATE jobs SET state = 'lost' WHERE id = 3",
        "Job 3 is in an unknown state.",
    ),
    "no job has negative attempts": (
        "UPDATE jobs SET attempts = -1 WHERE id = 3",
        "Job 3 has a negative number of attempts.",
    ),
    "a job in delivery has its clip": (
        "UPDATE jobs SET clip_id = NULL WHERE id = 4",
        "Job 4 is being delivered but has no clip.",
    ),
    "a job's clip exists and belongs to it": (
        "UPDATE jobs SET clip_id = 2 WHERE id = 1",
        "Job 1 has a clip that is missing or belongs to another job.",
    ),
    "a waiting job has no clip": (
        "UPDATE jobs SET state = 'queued' WHERE id = 4",
        "Job 4 is waiting or being made but already has a clip.",
    ),
    "a delivered clip has a message": (
        "UPDATE jobs SET message_id = NULL WHERE id = 1",
        "Job 1 was delivered but has no message.",
    ),
    "a message has one clip, or the takes of one order": (
        "UPDATE clips SET message_id = 901",
        "Message 901 has clips that were not ordered together.",
    ),
    "takes in one message are of one person and place, and no more than it shows": (
        "UPDATE jobs SET channel_id = 9 WHERE id = 10",
        "The takes ordered with 9 are too many, or of different people or places.",
    ),
    "takes in one message are delivered together": (
        "UPDATE jobs SET message_id = 9 WHERE id = 10",
        "The takes ordered with 9 were delivered without one of them, or to different messages.",
    ),
    "a clip has its job's person and server": (
        "UPDATE clips SET user_id = 9 WHERE id = 2",
        "Clip 2 belongs to another person or server than its job.",
    ),
    "a file belongs to one clip": (
        "UPDATE clips SET file = '1.flac'",
        "The file 1.flac belongs to more than one clip.",
    ),
    "a clip is newer than its parents": (
        "UPDATE clip_parents SET parent_id = 2",
        "Clip 2 was made from itself, or from one that came later.",
    ),
    "an ended job keeps no interaction token": (
        "UPDATE jobs SET token = 'x' WHERE id = 1",
        "Job 1 has ended but its token is still kept.",
    ),
    "a forgotten person has no prompts left": (
        "UPDATE jobs SET prompt = 'rock' WHERE id = 5",
        "Job 5 belongs to a forgotten person but still has its prompt.",
    ),
    "a person being forgotten has no open job": (
        "INSERT INTO forgotten VALUES (1, 0, 4, 0, 1)",
        "Job 3 is unfinished but its person is being forgotten.",
    ),
    "ledger entries are locked against deletion": (
        "INSERT INTO facts VALUES ('forgetting', '1')",
        "The ledger entries of person 1 could be deleted.",
    ),
    "the counts of jobs are right": (
        "UPDATE counted_jobs SET jobs = jobs + 1 WHERE state = 'delivered'",
        "The count of jobs that are delivered is wrong.",
    ),
    "the sums of the ledger are right": (
        "UPDATE summed_seconds SET seconds = seconds + 1 WHERE entry = 'commit'",
        "The sum of the ledger's entries commit is wrong.",
    ),
    "the stars of a clip are counted": (
        "UPDATE clips SET stars = 2 WHERE id = 1",
        "Clip 1 has another number of stars than is written at it.",
    ),
    "a battle is counted exactly if its outcome is known": (
        "UPDATE battles SET outcome = NULL WHERE id = 1",
        "Battle 1 is over without an outcome, or has one and goes on.",
    ),
    "a battle that is voted on has its poll": (
        "UPDATE battles SET state = 'voting', outcome = NULL, poll_message_id = NULL WHERE id = 1",
        "Battle 1 is being voted on but has no poll.",
    ),
    "an entry was made for its battle": (
        "UPDATE jobs SET battle_id = 2 WHERE id = 6",
        "Battle 1 has an entry that was made for something else.",
    ),
    "what one person sees alone was ordered so": (
        "UPDATE clips SET is_private = 1 WHERE id = 1",
        "Clip 1 is kept from everybody though it was not ordered for one person.",
    ),
    "a daily prompt has a message exactly if it was posted": (
        "UPDATE dailies SET message_id = NULL WHERE state = 'posted'",
        "The daily prompt 1 was posted without a message, or has one and was not posted.",
    ),
    "one daily prompt of a server at a time is to be posted": (
        "UPDATE dailies SET state = 'wished', message_id = NULL",
        "Server 10 has several daily prompts that are to be posted.",
    ),
    "only what was deleted is withdrawn from messages": (
        "INSERT INTO withdrawals VALUES (1001, 5, 1)",
        "Clip 1 is to be withdrawn from a message though it was not deleted.",
    ),
    "an unfinished turn is the one that its jam waits for": (
        "UPDATE jams SET job_id = NULL WHERE id = 1",
        "Job 8 makes a turn of a jam that waits for another one, or for none.",
    ),
    "a jam waits for an unfinished turn of its own": (
        "UPDATE jobs SET state = 'failed' WHERE id = 8",
        "Jam 1 waits for a job that has ended, or makes something else.",
    ),
    "a turn that was delivered is in its jam": (
        "DELETE FROM jam_turns WHERE job_id = 7",
        "Job 7 has delivered a turn that is not in its jam.",
    ),
    "a turn in a jam was delivered by its author": (
        "UPDATE jam_turns SET user_id = 1 WHERE job_id = 7",
        "Jam 1 has a turn that was not delivered, or is another person's.",
    ),
    "a jam is closing while its mixdown is made": (
        "UPDATE jams SET state = 'closing' WHERE id = 1",
        "Jam 1 is closing without a mixdown, or has one made and is open.",
    ),
    "nobody holds a turn that is being made": (
        "UPDATE jams SET holder_id = 3 WHERE id = 1",
        "Jam 1 has a turn that somebody holds though it is being made, or though it is closed.",
    ),
    "each foreign key has its row": (
        "UPDATE clips SET job_id = 99 WHERE id = 2",
        "A row of the table clips refers to a row that is missing.",
    ),
}


async def make(folder):
    """A database in which something of everything has happened."""
    async with open_store(folder, time.time) as store:
        _, clip = await delivered(store, key="1")
        await delivered(store, key="2", parent_ids=(clip.id,))
        await store.ledger.reset(1, 10)
        await accepted(store, key="3")
        job = await accepted(store, key="4")
        await store.jobs.start(job.id)
        await store.jobs.record_clip(job.id, new_clip(job))
        await store.jobs.begin_delivery(job.id)
        await delivered(store, key="5", user=2)
        assert await store.privacy.forget(2) == ["5.flac"]
        battle = await store.battles.begin(new_battle(closes_at=time.time() + 600))
        await delivered(store, key="6", user=3, battle_id=battle.id)
        await voted_on(store, battle, {3: 1})
        jam = await store.jams.begin(new_jam())
        await take_turn(store, jam, "7", 3)
        await begin_turn(store, jam, "8", 1)
        together = [order(key=key, group_key="9") for key in ("9", "10")]
        jobs, _ = await store.jobs.accept_takes(together, limits(), MessageHandle())
        for each in jobs:
            await store.jobs.start(each.id)
            await store.jobs.record_clip(each.id, new_clip(each))
        ids = [each.id for each in jobs]
        await store.takes.begin_delivery(ids)
        await store.takes.finish_delivery("9", ids, 909)
        await store.dailies.set_plan(10, 5, 9, "UTC")
        (plan,) = await store.dailies.plans()
        for day in ("2026-11-28", "2026-11-29"):
            daily = await store.dailies.create(plan, day, "lo-fi", 0.0)
            await store.dailies.record_post(daily.id, 1100 + daily.id)
        assert await store.check() == []


def plant(folder, fault):
    """Plant a fault that the schema would prevent; return the id of the reset entry."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        kept = connection.execute("SELECT type, name FROM sqlite_master WHERE name LIKE 'ledger_%'")
        for kind, name in kept.fetchall():
            connection.execute(f"DROP {kind} {name}")
        (reset,) = connection.execute("SELECT id FROM ledger WHERE entry = 'reset'").fetchone()
        assert connection.execute(fault).rowcount > 0
        connection.commit()
        return reset


def test_every_invariant_has_a_test_violation():
    """Each has a name and a sentence of its own, and a fault here that violates it."""
    assert list(FAULTS) == [each.name for each in INVARIANTS]
    assert len({each.sentence.template for each in INVARIANTS}) == len(INVARIANTS)


@pytest.mark.parametrize("name", FAULTS)
async def test_a_violation_is_detected_and_named(tmp_path, name):
    """By `check`; and a backup is rejected where an invariant of the ledger is violated."""
    await make(tmp_path)
    fault, sentence = FAULTS[name]
    sentence = sentence.format(reset=plant(tmp_path, fault))
    async with open_store(tmp_path, time.time) as store:
        found = [str(each) for each in await store.check()]
        assert sentence in found
        is_of_the_ledger = name in {each.name for each in LEDGER_INVARIANTS}
        assert (sentence in map(str, await store.ledger.check())) == is_of_the_ledger
    if is_of_the_ledger:
        with pytest.raises(ConfigError, match="is damaged"):
            back_up(tmp_path, tmp_path / "copy.db")
