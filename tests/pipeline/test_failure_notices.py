"""Failure notices that could not be delivered are retried, with their sentence up to date."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing

import pytest

from bot.domain.jobs import JobState
from bot.i18n.sentence import Sentence
from bot.pipeline.failure_notices import HELD_TOO_LONG, FailureNotifier
from bot.pipeline.presenter import Unreachable
from bot.store.database import FILE
from bot.store.store import open_store
from tests.support.stored_jobs import accepted, new_clip

WHY = Sentence("The script says so.")


class Person:
    """A presenter whose first few notices can't be delivered."""

    def __init__(self, failures):
        self.failures, self.notices = failures, []
        self.heard = asyncio.Event()

    async def post_failure(self, job, sentence, *, may_be_posted):
        if self.failures:
            self.failures -= 1
            raise Unreachable
        self.notices.append((job.id, sentence))
        self.heard.set()


@pytest.fixture
async def store(tmp_path):
    async with open_store(tmp_path, time.time) as opened:
        yield opened


def started(store, person, *, retry_seconds=0.01):
    """Return a notifier that sends to somebody."""
    notifier = FailureNotifier(store, retry_seconds)
    notifier.start(person)
    return notifier


async def notices_of(store, person):
    """Retry until a notice is delivered; return the sentences sent."""
    notifier = started(store, person)
    async with asyncio.timeout(60):
        await person.heard.wait()
    await notifier.idle()
    await notifier.stop()
    return person.notices


async def test_an_undelivered_notice_is_retried(store):
    """Not only at the next start, which may be months away."""
    job = await accepted(store)
    await store.jobs.fail(job.id, WHY)
    assert await notices_of(store, Person(failures=3)) == [(job.id, WHY)]
    assert await store.jobs.pending_notices() == []


async def test_a_deleted_held_clip_is_not_offered(store):
    """A held clip can be fetched for a day; a later notice does not offer it."""
    job = await accepted(store)
    await store.jobs.start(job.id)
    clip = await store.jobs.record_clip(job.id, new_clip(job))
    await store.jobs.begin_delivery(job.id)
    await store.jobs.hold(job.id, WHY)
    assert (await store.jobs.get(job.id)).state is JobState.HELD
    await store.clips.delete(clip.id)
    assert await notices_of(store, Person(failures=0)) == [(job.id, HELD_TOO_LONG)]


def execute(folder, statement):
    """Change the database as another program would."""
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
        connection.execute(statement)


async def test_a_database_that_fails_at_the_start_is_logged_and_tried_again(
    store, tmp_path, caplog
):
    """Nothing of the start waits for a notice, so only the log can tell."""
    job = await accepted(store)
    await store.jobs.fail(job.id, WHY)
    execute(tmp_path, "ALTER TABLE jobs RENAME COLUMN untold TO unreadable")
    notifier = started(store, person := Person(failures=0))
    async with asyncio.timeout(60):
        await notifier.idle()
        assert "notices.failed" in caplog.text
        execute(tmp_path, "ALTER TABLE jobs RENAME COLUMN unreadable TO untold")
        await person.heard.wait()
    await notifier.stop()
    assert person.notices == [(job.id, WHY)]


async def test_a_notice_that_can_t_be_recorded_is_logged_with_its_job(store, tmp_path, caplog):
    """It is sent, and looked for before it is sent again."""
    job = await accepted(store)
    await store.jobs.fail(job.id, WHY)
    execute(
        tmp_path,
        "CREATE TRIGGER refused BEFORE UPDATE OF untold ON jobs "
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    )
    notifier = started(store, person := Person(failures=0), retry_seconds=3600.0)
    async with asyncio.timeout(60):
        await notifier.idle()
    await notifier.stop()
    assert person.notices == [(job.id, WHY)]
    assert f"job.notice_failed id={job.id}" in caplog.text
    assert [each.id for each in await store.jobs.pending_notices()] == [job.id]
