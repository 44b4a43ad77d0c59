"""The watch over the event loop."""

from __future__ import annotations

import asyncio

from tests.support.event_loop_watch import own_seconds, watched


async def test_blocking_of_the_event_loop_is_detected():
    """Computing is; waiting, and computing in a thread, are not."""

    def compute():
        begun = own_seconds()
        while own_seconds() - begun < 0.15:
            sum(range(10_000))

    async def block():
        compute()

    with watched() as found:
        await asyncio.sleep(0.2)
        await asyncio.to_thread(compute)
        await asyncio.create_task(asyncio.sleep(0))
        assert found == []
        await asyncio.create_task(block())
    assert len(found) == 1
