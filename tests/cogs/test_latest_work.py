"""Work in the background that need only be done for the latest state."""

from __future__ import annotations

import asyncio

from cogs.requests.latest_work import LatestWork


async def test_what_is_asked_for_meanwhile_is_done_once_more():
    """However often: only the latest state counts. A failure ends nothing."""
    turns, begun = asyncio.Semaphore(0), asyncio.Semaphore(0)
    done: list[int] = []

    async def work():
        begun.release()
        await turns.acquire()
        done.append(len(done))
        if len(done) == 1:
            raise OSError("the first one fails")

    latest = LatestWork(work, "test")
    latest.ask()
    await begun.acquire()
    for _ in range(3):
        latest.ask()
    turns.release()
    await begun.acquire()
    turns.release()
    while latest.is_busy:
        await asyncio.sleep(0)
    assert done == [0, 1]
    latest.ask()
    await begun.acquire()
    latest.ask()
    await latest.end()
    assert not latest.is_busy
    assert done == [0, 1]
