"""The ledger: a reservation is committed or refunded exactly once, and resets restore it."""

from __future__ import annotations

import sqlite3

import pytest

from bot.domain.jobs import (
    JobState,
)
from bot.errors import Refused
from bot.i18n.sentence import Sentence
from bot.store.database import FILE
from tests.support.stored_jobs import accepted, delivered, limits, new_clip, used


async def test_a_delivered_clip_is_charged_once(store):
    """Reserved at admission, committed at delivery; then the token is deleted."""
    job, clip = await delivered(store)
    assert await used(store) == 10
    found = await store.jobs.get(job.id)
    assert (found.state, found.message.token, found.clip_id) == (JobState.DELIVERED, None, clip.id)
    assert not await store.jobs.fail(job.id, Sentence("too late"))
    assert await store.check() == []


@pytest.mark.parametrize("end", ["fail", "cancel", "hold"])
async def test_an_undelivered_clip_is_refunded(store, end):
    """Every other end refunds once; a second end changes nothing."""
    job = await accepted(store)
    await store.jobs.start(job.id)
    if end == "hold":
        await store.jobs.record_clip(job.id, new_clip(job))
    sentence = Sentence("a sentence")
    assert await getattr(store.jobs, end)(job.id, sentence)
    assert await used(store) == 0
    assert not await getattr(store.jobs, end)(job.id, sentence)
    assert not await store.jobs.fail(job.id, Sentence("again"))
    assert await used(store) == 0
    # The token is kept until the person was notified.
    (untold,) = await store.jobs.pending_notices()
    assert (untold.sentence, untold.message.token) == (sentence, job.message.token)
    await store.jobs.record_notified(job.id)
    assert await store.jobs.pending_notices() == []
    assert (await store.jobs.get(job.id)).message.token is None
    assert await store.check() == []


async def test_a_new_day_begins_at_midnight_utc(store, clock):
    """Yesterday's seconds do not count, and a refund goes to the day of its reservation."""
    job = await accepted(store, seconds=100.0)
    clock.now = store.ledger.resets_at()
    assert await used(store) == 0
    await store.jobs.fail(job.id, Sentence("x"))
    assert await used(store) == 0
    await accepted(store, key="2", seconds=100.0)


async def test_a_reset_restores_exactly_the_used_seconds(store):
    """A refund afterwards gives no credit on top."""
    job = await accepted(store, seconds=60.0)
    assert await store.ledger.reset(1, 10) == 60
    assert await used(store) == 0
    await store.jobs.fail(job.id, Sentence("x"))
    with pytest.raises(Refused, match="You have 100 s"):
        await accepted(store, key="2", seconds=101.0)


async def test_a_reset_gives_back_what_was_used_on_that_server(store):
    """A reset covers one server only, and that server's own total stays."""
    await accepted(store, seconds=60.0)
    await accepted(store, key="2", guild=20, seconds=30.0)
    assert await store.ledger.reset(1, 20) == 30
    assert await store.ledger.reset(1, 20) == 0
    assert await used(store) == 60
    with pytest.raises(Refused, match="server"):
        await accepted(
            store, key="3", guild=20, allowed=limits(guild_daily_seconds=39.0), seconds=10.0
        )


async def test_manager_resets_are_limited(store):
    """Only the owner's reset, which is not of a server, exceeds the limit."""
    most = limits(most_daily_seconds=150)
    await accepted(store, seconds=100.0, allowed=most)
    await store.ledger.reset(1, 10)
    assert (await store.ledger.quota(1, 100, 150)).left_seconds == 50
    with pytest.raises(Refused, match="You have 50 s"):
        await accepted(store, key="2", seconds=60.0, allowed=most)
    assert await store.ledger.reset(1, None) == 100
    assert (await store.ledger.quota(1, 100, 150)).left_seconds == 100
    await accepted(store, key="2", seconds=100.0, allowed=most)


async def test_the_ledger_is_append_only(store, tmp_path):
    """Updating or deleting an entry is refused by the database itself."""
    await accepted(store)
    with sqlite3.connect(tmp_path / FILE) as connection:
        for sql in ("UPDATE ledger SET seconds = 0", "DELETE FROM ledger"):
            with pytest.raises(sqlite3.IntegrityError, match="only added to"):
                connection.execute(sql)
    connection.close()
