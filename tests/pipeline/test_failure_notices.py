"""Failure notices that could not be delivered are retried, with their sentence up to date."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.domain.jobs import JobState
from bot.i18n.sentence import Sentence
from bot.pipeline.failure_notices import HELD_TOO_LONG, FailureNotifier
from bot.pipeline.presenter import Unreachable
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


async def notices_of(store, person):
    """Retry until a notice is delivered; return the sentences sent."""
    notifier = FailureNotifier(store, retry_seconds=0.01)
    notifier.start(person)
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
