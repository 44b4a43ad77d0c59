"""A failure at every failpoint of a job's path, in real processes: nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from bot import failpoints
from bot.domain.jobs import JobState
from bot.store.store import open_store
from tests.support import forked
from tests.support.headless_bot import SECONDS
from tests.support.leftover_processes import left_of, marked, running

ORDERS = 3

# Answers to interactions are tested in tests/cogs/wire.
ON_THE_WAY = [place for place in failpoints.PLACES[1:] if not place.startswith("jam.")]
IN_WORKER = ("worker.begun", "model.loaded", "clip.begun", "clip.midway")
CASES = [
    # Longer than a worker may be silent.
    *((place, "stall:6") for place in ("clip.midway", "job.claimed", "clip.posted")),
    *((place, "kill") for place in ON_THE_WAY),
    *((place, "raise") for place in ON_THE_WAY),
    *((place, "kill-peer") for place in ("job.claimed", "clip.begun", "clip.unrecorded")),
]

AT_ONCE = 3
"""So many bots live beside each other: each waits more than it works."""


@dataclass(frozen=True)
class Life:
    """How a bot's process ended."""

    returncode: int | None
    stderr: str


def live(folder, *, seconds, orders=0, failpoint=""):
    """Run a bot for a while; return how it ended and what it logged."""
    environment = marked(folder) | {failpoints.VARIABLE: failpoint}
    process, stderr = forked.start(
        "tests.support.headless_bot", (folder, seconds, orders), environment
    )
    with stderr, open(os.dup(stderr.fileno()), errors="replace") as stream:
        logged = stream.read()
    return Life(forked.wait_for(process, 120), logged)


async def books(folder):
    """The jobs' states, and the ledger's violations."""
    async with open_store(folder, time.time) as store:
        jobs = [await store.jobs.get(number) for number in range(1, ORDERS + 1)]
        used = {
            job.order.origin.user_id: (
                await store.ledger.quota(job.order.origin.user_id, 1000)
            ).used_seconds
            for job in jobs
            if job is not None
        }
        files = {path.name for path in store.clips_folder.iterdir()}
        return [job for job in jobs if job is not None], used, await store.check(), files


def two_lives(folder, place, action):
    """Run a bot with a failure, and then without; return how both runs ended."""
    # The bot waits for a worker that never gets ready; this is long enough to see it.
    seconds = 3.0 if place in IN_WORKER[:2] or place == "bot.draining" else 30.0
    if place == "bot.draining":
        seconds = 0.01
    elif place in ("clip.unposted", "clip.posted") and action == "raise":
        # The delivery is retried for longer than this.
        seconds = 10.0
    first = live(folder, seconds=seconds, orders=ORDERS, failpoint=f"{place}={action}")
    return first, live(folder, seconds=60.0)


@pytest.fixture(scope="module")
def lives(request, tmp_path_factory):
    """Both runs of all cases, some at a time, with their folders."""
    asked = [
        (item.callspec.params["place"], item.callspec.params["action"])
        for item in request.session.items
        if item.module is request.module and hasattr(item, "callspec")
    ]
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        folders = [tmp_path_factory.mktemp("life") for _ in asked]
        yield {
            case: (folder, pool.submit(two_lives, folder, *case))
            for case, folder in zip(asked, folders, strict=True)
        }
    finally:
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize(("place", "action"), CASES)
def test_a_failure_at_any_failpoint_loses_nothing(lives, place, action):
    """Every accepted job ends with one clip or one sentence, and only clips are charged."""
    folder, ended = lives[place, action]
    first, second = ended.result()
    kills_the_bot = (action == "kill" and place not in IN_WORKER) or (
        action == "kill-peer" and place in IN_WORKER
    )
    assert first.returncode == (-9 if kills_the_bot else first.returncode), first.stderr
    assert second.returncode == 0, second.stderr
    jobs, used, wrong, files = asyncio.run(books(folder))
    assert wrong == []
    assert len(jobs) >= 2
    if place != "job.accepted":
        assert len(jobs) == ORDERS
    posted = [json.loads(line) for line in (folder / "posted.jsonl").read_text().splitlines()]
    for job in jobs:
        assert job.state in (JobState.DELIVERED, JobState.FAILED)
        # Takes share a message, which has the end of each.
        heard = [line for line in posted if line[1] == job.message.message_id]
        is_there = job.state is JobState.DELIVERED
        assert heard, first.stderr + second.stderr
        assert ([job.id, job.message.message_id, "clip"] in heard) >= is_there
        person = job.order.origin.user_id
        theirs = [each for each in jobs if each.order.origin.user_id == person]
        delivered = sum(each.state is JobState.DELIVERED for each in theirs)
        assert used[person] == SECONDS * delivered
        assert (f"{job.id}.flac" in files) >= is_there
    assert not [name for name in files if name.startswith(".") and name.endswith(".part")]
    assert left_of(folder) == []
    # A process that the bot forked has no mark.
    started = re.findall(r"worker\.started pid=(\d+)", first.stderr + second.stderr)
    assert started
    assert running(map(int, started)) == []


async def test_failpoints_are_inactive_by_default(monkeypatch):
    """They are compiled into the released bot, and do nothing there."""
    monkeypatch.delenv(failpoints.VARIABLE, raising=False)
    for place in failpoints.PLACES:
        failpoints.hit(place)
        await failpoints.reached(place)


async def test_a_failpoint_fires_at_its_place(monkeypatch):
    """Only there; an invalid value is an error."""
    monkeypatch.setenv(failpoints.VARIABLE, "job.claimed=raise; clip.posted=dance")
    with pytest.raises(failpoints.Injected, match="job.claimed"):
        await failpoints.reached("job.claimed")
    with pytest.raises(ValueError, match="dance"):
        failpoints.hit("clip.posted")
    failpoints.hit("clip.unposted")
