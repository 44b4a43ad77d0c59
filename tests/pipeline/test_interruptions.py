"""Clips that end the bot's process, again and again: each start would try them for ever."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from bot.domain.jobs import JobState
from bot.pipeline.failure_sentences import HELD, INTERRUPTED
from bot.pipeline.lifecycle import MAX_INTERRUPTIONS
from bot.store.store import open_store
from tests.pipeline.test_failpoints import ORDERS, live

TAKES, ALONE = (1, 2), 3


@pytest.mark.parametrize(
    ("place", "state", "sentence"),
    [
        ("clip.unrecorded", JobState.FAILED, INTERRUPTED),
        ("clip.unposted", JobState.HELD, HELD),
    ],
)
def test_a_clip_that_always_ends_the_bot_is_given_up(tmp_path, place, state, sentence):
    """What was made is kept for its person; what could not be made is told, and costs nothing.

    Takes of one message share that end.
    """
    fault = f"{place}=kill"
    assert live(tmp_path, seconds=30.0, orders=ORDERS, failpoint=fault).returncode == -9
    # All but the last of the ends that are allowed.
    asyncio.run(interrupt(tmp_path, MAX_INTERRUPTIONS - 2))
    assert live(tmp_path, seconds=30.0, failpoint=fault).returncode == -9
    lives = 2
    # Those that were not begun yet are begun now.
    while (last := live(tmp_path, seconds=30.0, failpoint=fault)).returncode:
        assert last.returncode == -9
        asyncio.run(interrupt(tmp_path, MAX_INTERRUPTIONS - 1))
        lives += 1
        assert lives <= 2 + ORDERS
    jobs, wrong = asyncio.run(states(tmp_path))
    assert jobs == [state] * ORDERS
    assert wrong == []
    told = [json.loads(line) for line in (tmp_path / "posted.jsonl").read_text().splitlines()]
    assert {line[0] for line in told} == {TAKES[0], ALONE}
    assert {line[2] for line in told} == {str(sentence)}


async def interrupt(folder, count):
    """Write down that the bot ended so often at what it worked at."""
    async with open_store(folder, time.time) as store:
        for job in await store.jobs.unfinished():
            for _ in range(count):
                if job.state is JobState.RUNNING:
                    await store.jobs.start(job.id)
                await store.jobs.interrupt(job.id)


async def states(folder):
    async with open_store(folder, time.time) as store:
        jobs = [await store.jobs.get(number) for number in range(1, ORDERS + 1)]
        return [job.state for job in jobs], await store.check()
