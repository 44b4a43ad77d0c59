"""The invariants of the database: each one's violation is planted and reported."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest

from bot.errors import ConfigError
from bot.store.backup import back_up
from bot.store.database import FILE
from bot.store.invariants import INVARIANTS, LEDGER_INVARIANTS
from bot.store.store import open_store
from tests.store.test_store import accepted, delivered, new_clip

# Job 1 was delivered, 2 made of it and delivered, 3 waits, 4 is being delivered; 5 is another
# person's, who is forgotten.
FAULTS = {
    "every resolution has a reservation": (
        "DELETE FROM ledger WHERE job_id = 1 AND entry = 'reserve'",
        "Job 1 has a resolution but no reservation.",
    ),
    "what is resolved is what was reserved": (
        "UPDATE ledger SET seconds = 9 WHERE job_id = 1 AND entry = 'commit'",
        "Job 1 was resolved for other seconds than were reserved.",
    ),
    "what has ended is settled": (
        "UPDATE jobs SET state = 'failed', token = NULL WHERE id = 3",
        "Job 3 has ended but its seconds are still reserved.",
    ),
    "what goes on is not settled": (
        "UPDATE jobs SET state = 'delivering' WHERE id = 1",
        "Job 1 goes on but its seconds are settled already.",
    ),
    "what is paid for was delivered": (
        "UPDATE jobs SET state = 'held' WHERE id = 1",
        "Job 1 was delivered but not charged, or charged but not delivered.",
    ),
    "every job is reserved for": (
        "DELETE FROM ledger WHERE job_id = 3",
        "Job 3 was never reserved for.",
    ),
    "a job is reserved for once and settled once": (
        "INSERT INTO ledger (job_id, user_id, guild_id, day, entry, seconds, at) "
        "SELECT job_id, user_id, guild_id, day, 'refund', seconds, at FROM ledger "
        "WHERE job_id = 2 AND entry = 'commit'",
        "Job 2 was reserved for, or settled, more than once.",
    ),
    "who orders is who pays": (
        "UPDATE ledger SET user_id = 3 WHERE job_id = 3",
        "Job 3 is in the ledger with another person, server or length.",
    ),
    "a job counts for one day": (
        "UPDATE ledger SET day = '1999-01-01' WHERE job_id = 1 AND entry = 'commit'",
        "Job 1 was settled for another day than it was reserved for.",
    ),
    "resets, and they alone, are for no job": (
        "UPDATE ledger SET job_id = 3 WHERE entry = 'reset'",
        "Entry {reset} of the ledger belongs to no job, or is a reset that belongs to one.",
    ),
    "nothing costs less than nothing": (
        "UPDATE ledger SET seconds = -1 WHERE entry = 'reset'",
        "Entry {reset} of the ledger is below nought.",
    ),
    "a job is in a state that there is": (
        "UPDATE jobs SET state = 'lost' WHERE id = 3",
        "Job 3 is in a state that there is not.",
    ),
    "no job was tried less than never": (
        "UPDATE jobs SET attempts = -1 WHERE id = 3",
        "Job 3 has fewer attempts than none.",
    ),
    "what is on its way is there": (
        "UPDATE jobs SET clip_id = NULL WHERE id = 4",
        "Job 4 is being delivered but has no clip.",
    ),
    "a job's clip is its own": (
        "UPDATE jobs SET clip_id = 2 WHERE id = 1",
        "Job 1 has a clip that is not there, or is another's.",
    ),
    "what waits was not made yet": (
        "UPDATE jobs SET state = 'queued' WHERE id = 4",
        "Job 4 waits or is being made, but its clip is there.",
    ),
    "what was delivered is somewhere": (
        "UPDATE jobs SET message_id = NULL WHERE id = 1",
        "Job 1 was delivered, but in no message.",
    ),
    "a clip is in one message and a message has one clip": (
        "UPDATE clips SET message_id = 901",
        "Message 901 has more than one clip.",
    ),
    "a clip is its job's person's": (
        "UPDATE clips SET user_id = 9 WHERE id = 2",
        "Clip 2 belongs to another person or server than its job.",
    ),
    "a file is one clip's": (
        "UPDATE clips SET file = '1.flac'",
        "The file 1.flac belongs to more than one clip.",
    ),
    "a clip comes after those it was made from": (
        "UPDATE clip_parents SET parent_id = 2",
        "Clip 2 was made from itself, or from one that came later.",
    ),
    "what has ended opens no door": (
        "UPDATE jobs SET token = 'x' WHERE id = 1",
        "Job 1 has ended but its token is still kept.",
    ),
    "who is forgotten has no words left": (
        "UPDATE jobs SET prompt = 'rock' WHERE id = 5",
        "Job 5 belongs to somebody who is forgotten, but its words are kept.",
    ),
    "who is to be forgotten has nothing in the queue": (
        "INSERT INTO forgotten VALUES (1, 0, 4, 0, 1)",
        "Job 3 goes on, but its person is being forgotten.",
    ),
    "the ledger is open to nobody": (
        "INSERT INTO facts VALUES ('forgetting', '1')",
        "The entries of person 1 could be taken out of the ledger.",
    ),
    "jobs are counted right": (
        "UPDATE counted_jobs SET jobs = jobs + 1 WHERE state = 'delivered'",
        "The count of jobs that are delivered is wrong.",
    ),
    "seconds are summed right": (
        "UPDATE summed_seconds SET seconds = seconds + 1 WHERE entry = 'commit'",
        "The sum of the ledger's entries commit is wrong.",
    ),
    "what is pointed at is there": (
        "UPDATE clips SET job_id = 99 WHERE id = 2",
        "A row of the table clips points at one that is not there.",
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


def test_every_invariant_has_its_fault():
    """Each has a name and a sentence of its own, and a fault here that violates it."""
    assert list(FAULTS) == [each.name for each in INVARIANTS]
    assert len({str(each.sentence) for each in INVARIANTS}) == len(INVARIANTS)


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_is_seen_and_named(tmp_path, name):
    """By `check`; and a backup is rejected where an invariant of the ledger is violated."""
    await make(tmp_path)
    fault, sentence = FAULTS[name]
    sentence = sentence.format(reset=plant(tmp_path, fault))
    async with open_store(tmp_path, time.time) as store:
        found = await store.check()
        assert sentence in found
        is_of_the_ledger = name in {each.name for each in LEDGER_INVARIANTS}
        assert (sentence in await store.ledger.check()) == is_of_the_ledger
    if is_of_the_ledger:
        with pytest.raises(ConfigError, match="is damaged"):
            back_up(tmp_path, tmp_path / "copy.db")
