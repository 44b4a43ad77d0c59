"""Work that is due under several keys: keys run side by side, work of one key in turn."""

from __future__ import annotations

import asyncio

from cogs.posting.keyed_runner import KeyedRunner


class Places:
    """Keys whose work can be held up, with a record of what was done."""

    def __init__(self):
        self.is_open = {number: asyncio.Event() for number in (1, 2)}
        self.begun, self.done = [], []

    async def work(self, place):
        self.begun.append(place)
        await self.is_open[place].wait()
        self.done.append(place)
        return True


async def test_a_slow_key_does_not_block_others():
    """The slow key's work continues by itself, and callers for other keys return at once."""
    places, side_by_side = Places(), KeyedRunner(timeout_seconds=0.01)
    places.is_open[2].set()
    assert not await side_by_side.run_each([1, 2], places.work)
    assert not await side_by_side.run_each([1, 2], places.work)
    assert places.done == [2, 2]
    places.is_open[1].set()
    assert await side_by_side.run_each([2], places.work)
    await side_by_side.stop()


async def test_work_of_one_key_never_overlaps():
    """Calls that arrive meanwhile share one further run, which sees their changes."""
    places, side_by_side = Places(), KeyedRunner(timeout_seconds=60.0)
    first = asyncio.create_task(side_by_side.run_each([1], places.work))
    while not places.begun:
        await asyncio.sleep(0)
    others = [asyncio.create_task(side_by_side.run_each([1], places.work)) for _ in range(3)]
    await asyncio.sleep(0)
    places.is_open[1].set()
    assert await asyncio.gather(first, *others) == [True] * 4
    assert places.begun == [1, 1]


async def test_a_stop_cancels_running_work():
    """Callers that wait for it get the cancellation, and no task is left."""
    places, side_by_side = Places(), KeyedRunner(timeout_seconds=0.01)
    assert not await side_by_side.run_each([1], places.work)
    assert not await side_by_side.run_each([1], places.work)
    await side_by_side.stop()
    assert places.begun == [1]
    assert [each for each in asyncio.all_tasks() if each is not asyncio.current_task()] == []
