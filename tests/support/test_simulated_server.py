"""What tests may expect of the simulated server."""

from __future__ import annotations

import asyncio

from tests.support.simulated_server import open_server


async def test_listeners_of_an_event_that_a_test_dispatches_are_waited_for(tmp_path):
    """So are those that wait for a thread, as everything does that reads the database."""
    async with open_server(tmp_path) as server:
        read, heard = asyncio.Event(), []

        async def on_clip_changed(clip_id):
            await read.wait()
            heard.append(clip_id)

        server.bot.add_listener(on_clip_changed)
        server.bot.dispatch("clip_changed", 7)
        asyncio.get_running_loop().call_later(0.1, read.set)
        await server.idle()
        assert heard == [7]
