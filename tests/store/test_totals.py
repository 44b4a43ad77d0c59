"""Counts and sums for monitoring: right after every step, never lowered by a deletion."""

from __future__ import annotations

import pytest

from bot.i18n.sentence import Sentence
from bot.store.store import open_store
from tests.pipeline.test_erasure import DAY
from tests.support.stored_jobs import NOON, Clock, accepted, delivered


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def store(tmp_path, clock):
    async with open_store(tmp_path, clock) as opened:
        yield opened


async def test_jobs_are_counted_by_their_state(store, clock):
    """Each job is in one state; the oldest wait is reported."""
    await delivered(store, key="1")
    job = await accepted(store, key="2")
    clock.now += 60
    await accepted(store, key="3")
    before = await store.totals()
    assert {state: n for state, n in before.jobs.items() if n} == {"delivered": 1, "queued": 2}
    assert before.waited_seconds == 60
    await store.jobs.fail(job.id, Sentence("x"))
    after = await store.totals()
    assert (after.jobs["queued"], after.jobs["failed"]) == (1, 1)
    assert after.waited_seconds == 0
    assert await store.check() == []


async def test_totals_never_decrease(store, clock):
    """After an erasure the person's jobs are not counted, but their seconds are."""
    await delivered(store, key="1", seconds=10.0)
    await delivered(store, key="2", user=2, seconds=5.0)
    before = await store.totals()
    assert before.seconds == {"reserve": 15, "commit": 15, "refund": 0, "reset": 0}
    await store.privacy.forget(1)
    clock.now = NOON + DAY
    await store.privacy.delete_past_entries()
    after = await store.totals()
    assert after.jobs["delivered"] == 1
    assert after.seconds == before.seconds
    assert await store.check() == []
