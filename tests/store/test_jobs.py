"""Job rows: their states, their attempts, and orders that round-trip."""

from __future__ import annotations

import json
import sqlite3

import pytest

from bot.domain.generation import Sampling
from bot.domain.jobs import (
    ClipSource,
    JobState,
    Keep,
    UploadSource,
)
from bot.i18n.sentence import Sentence
from bot.store.database import FILE
from bot.store.jobs import IllegalStep
from tests.support.stored_jobs import ANSWER, NOON, accepted, limits, new_clip, order, used


async def test_a_job_row_round_trips(store):
    """Every field of an order is stored."""
    source = ClipSource(clip_id=4, keep_seconds=5.0, include=False, keep_stems=("drums", "bass"))
    wanted = order(
        sampling=Sampling(temperature=0.5), source=source, parent_ids=(4, 5), locale="de"
    )
    job = await store.jobs.accept(wanted, limits(), ANSWER)
    assert job.order == wanted
    assert job.message == ANSWER
    assert (job.state, job.attempts, job.created_at) == (JobState.QUEUED, 0, NOON)
    assert await store.jobs.get(job.id) == job
    assert "secret" not in repr(job)


async def test_the_same_order_twice_is_one_job(store):
    """A replayed interaction is charged once, even if the quota is used up."""
    first = await accepted(store, seconds=100.0)
    assert await accepted(store, seconds=100.0) == first
    assert await used(store) == 100


async def test_what_is_being_delivered_can_not_be_cancelled(store):
    """The clip exists by then."""
    job = await accepted(store)
    await store.jobs.start(job.id)
    await store.jobs.record_clip(job.id, new_clip(job))
    assert not await store.jobs.cancel(job.id, Sentence("too late"))


async def test_illegal_steps_are_defects(store):
    """A skipped state is an error, and nothing changes."""
    job = await accepted(store)
    with pytest.raises(IllegalStep):
        await store.jobs.record_clip(job.id, new_clip(job))
    with pytest.raises(IllegalStep):
        await store.jobs.finish_delivery(job.id, 1)
    assert await store.jobs.get(job.id) == job
    assert await store.clips.of_job(job.id) is None


async def test_a_restart_spends_no_attempt_but_a_lost_worker_does(store):
    """Neither a start nor an interruption is a failed attempt."""
    job = await accepted(store)
    assert (await store.jobs.start(job.id)).attempts == 0
    # Its worker died before it got the job: another starts it without a requeue.
    assert (await store.jobs.start(job.id)).attempts == 0
    await store.jobs.requeue(job.id, spend_attempt=False)
    assert (await store.jobs.start(job.id)).attempts == 0
    await store.jobs.requeue(job.id, spend_attempt=True)
    assert (await store.jobs.start(job.id)).attempts == 1


async def test_an_end_of_the_bot_counts_at_the_jobs_that_it_worked_at(store):
    """A running job is queued again, one being delivered goes on, and a waiting one waits."""
    waiting, job = await accepted(store, key="1"), await accepted(store, key="2")
    await store.jobs.start(job.id)
    await store.jobs.interrupt(job.id)
    await store.jobs.interrupt(waiting.id)
    assert (await store.jobs.get(waiting.id)).interruptions == 0
    assert (await store.jobs.get(job.id)).state is JobState.QUEUED
    await store.jobs.start(job.id)
    await store.jobs.record_clip(job.id, new_clip(job))
    await store.jobs.begin_delivery(job.id)
    await store.jobs.interrupt(job.id)
    interrupted = await store.jobs.get(job.id)
    assert (interrupted.state, interrupted.interruptions) == (JobState.DELIVERING, 2)
    assert interrupted.attempts == 0


async def test_expired_tokens_are_forgotten(store, clock):
    """A token is deleted when it has expired."""
    job = await accepted(store)
    await store.jobs.forget_tokens()
    assert (await store.jobs.get(job.id)).message.token == "secret-token"
    clock.now += 901
    await store.jobs.forget_tokens()
    assert (await store.jobs.get(job.id)).message.token is None


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        (
            ClipSource(clip_id=4, keep_seconds=5.0, whole=True, keep_stems=("bass",)),
            {
                "clip_id": 4,
                "upload": None,
                "whole": True,
                "keep_stems": ["bass"],
                "keep": None,
                "keep_harmony": False,
            },
        ),
        (
            UploadSource(
                file="a.flac",
                keep_seconds=5.0,
                keep=Keep.START,
                keep_harmony=True,
                name="riff.mp3",
            ),
            {
                "clip_id": None,
                "upload": "a.flac",
                "whole": False,
                "keep_stems": [],
                "keep": "start",
                "keep_harmony": True,
                "name": "riff.mp3",
            },
        ),
    ],
)
async def test_both_source_types_round_trip(store, tmp_path, source, kept):
    """A clip and an upload are stored in the format of earlier versions."""
    job = await accepted(store, source=source)
    assert (await store.jobs.get(job.id)).order.source == source
    with sqlite3.connect(tmp_path / FILE) as connection:
        (text,) = connection.execute("SELECT source FROM jobs").fetchone()
    assert json.loads(text) == kept | {"keep_seconds": 5.0, "include": True}


async def test_orders_of_versions_before_stems_are_read(store, tmp_path):
    """The stored source has no stems."""
    job = await accepted(store, source=ClipSource(clip_id=4, keep_seconds=5.0))
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("""UPDATE jobs SET source = '{"clip_id": 4, "keep_seconds": 5.0}'""")
    assert (await store.jobs.get(job.id)).order.source == ClipSource(clip_id=4, keep_seconds=5.0)
