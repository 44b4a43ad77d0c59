"""Clock changes while the bot runs, or a wrong clock at its start: nothing expires early."""

from __future__ import annotations

import dataclasses
import time

import pytest

from bot.store.clock_changes import (
    SETTLING_SECONDS,
    ClockReading,
    change_since,
    read_clocks,
)
from bot.store.retention import sweep
from bot.store.store import open_store
from tests.pipeline.test_erasure import DAY
from tests.support.stored_jobs import NOON, Clock, accepted, delivered

HOUR = 3600.0


class Machine:
    """A machine on which time passes, and whose clock can be set."""

    def __init__(self):
        self.clock, self.boot, self.uptime = Clock(), 1, 100.0

    def passes(self, seconds):
        self.uptime += seconds
        self.clock.now += seconds

    def starts_again(self, now):
        self.boot, self.uptime, self.clock.now = self.boot + 1, 100.0, now

    def reading(self):
        return ClockReading(boot=str(self.boot), uptime=self.uptime, now=self.clock.now)


@pytest.fixture
def machine():
    return Machine()


@pytest.fixture
async def store(tmp_path, machine):
    """A store that has run long enough to trust its clock."""
    async with open_store(tmp_path, machine.clock) as opened:
        assert not await opened.clock_watch.observe(machine.reading())
        machine.passes(HOUR)
        assert await opened.clock_watch.observe(machine.reading())
        yield opened


async def tidied(store, machine):
    """Run the hourly sweep; tell whether it deleted by age."""
    by_age = await store.clock_watch.observe(machine.reading())
    await sweep(store, 30, machine.clock.now, by_age=by_age)
    return by_age


async def ages(store, machine):
    """The ages in days of the clips and of the jobs."""
    clips = [await store.clips.of_job(number) for number in (1, 2)]
    jobs = [await store.jobs.get(number) for number in (1, 2)]
    return [round((machine.clock.now - each.created_at) / DAY, 1) for each in clips + jobs]


async def test_clips_from_before_a_clock_change_are_kept(store, machine):
    """The machine starts with the time at which it was stopped, 40 days ago."""
    _, first = await delivered(store, key="before", seconds=1.0)
    machine.passes(HOUR)
    machine.starts_again(machine.clock.now)
    assert await tidied(store, machine)
    _, second = await delivered(store, key="wrong", seconds=1.0)
    machine.passes(60)
    machine.clock.now += 40 * DAY
    assert not await tidied(store, machine)
    # The clock may have been set wrong; so the older time is kept for an hour, too.
    assert not (await store.clips.get(first.id)).is_deleted
    assert await ages(store, machine) == [40.0, 0.0, 40.0, 0.0]
    machine.passes(HOUR)
    assert await tidied(store, machine)
    assert (await store.clips.get(first.id)).is_deleted
    assert not (await store.clips.get(second.id)).is_deleted
    assert (await store.jobs.get(second.job_id)).order.prompt == "rock"
    assert await store.check() == []


@pytest.mark.parametrize("wrong", [0.0, NOON - 5 * 365 * DAY, NOON + 10 * 365 * DAY])
async def test_a_start_with_a_wrong_clock_deletes_nothing(store, machine, wrong):
    """It is corrected within minutes, and new clips get their right age."""
    _, first = await delivered(store, key="before", seconds=1.0)
    await store.clips.get(first.id)
    right = machine.clock.now + DAY
    machine.starts_again(wrong)
    assert not await tidied(store, machine)
    _, second = await delivered(store, key="wrong", seconds=1.0)
    machine.passes(300)
    machine.clock.now = right + 300
    assert not await tidied(store, machine)
    machine.passes(HOUR)
    assert await tidied(store, machine)
    assert await ages(store, machine) == [1.0, 0.0, 1.0, 0.0]
    assert not (await store.clips.get(first.id)).is_deleted
    assert not (await store.clips.get(second.id)).is_deleted


async def test_a_temporarily_wrong_clock_deletes_nothing(store, machine):
    """It jumps a year ahead, and back an hour later."""
    for key in ("before", "meanwhile"):
        await delivered(store, key=key, seconds=1.0)
        machine.clock.now += 365 * DAY
        assert not await tidied(store, machine)
        machine.passes(SETTLING_SECONDS / 2)
        machine.clock.now -= 365 * DAY
        assert not await tidied(store, machine)
    assert await ages(store, machine) == [0.0, 0.0, 0.0, 0.0]


async def test_a_bot_restart_is_not_a_reboot(store, machine, tmp_path):
    """The recorded times are read from the database."""
    await delivered(store, key="before", seconds=1.0)
    await delivered(store, key="as well", seconds=1.0)
    machine.passes(60)
    machine.clock.now += 40 * DAY
    assert await store.settings.metadata("clock") is not None
    assert not await tidied(store, machine)
    assert await ages(store, machine) == [0.0, 0.0, 0.0, 0.0]


async def test_suspended_time_counts(store, machine):
    """A machine that slept, or was off for hours, is trusted at once."""
    await accepted(store, key="1")
    machine.passes(40 * DAY)
    assert await tidied(store, machine)
    machine.starts_again(machine.clock.now + 20 * HOUR)
    assert await tidied(store, machine)
    machine.starts_again(machine.clock.now + 40 * DAY)
    assert not await tidied(store, machine)
    machine.passes(HOUR)
    assert await tidied(store, machine)


def test_the_clocks_of_this_machine_are_read():
    """They advance together."""
    first, second = read_clocks(time.time), read_clocks(time.time)
    assert first.boot == second.boot
    assert second.uptime >= first.uptime > 0
    assert change_since(first, second) == 0
    set_ahead = dataclasses.replace(second, now=second.now + 2 * DAY)
    assert change_since(first, set_ahead) == pytest.approx(2 * DAY, abs=60)
