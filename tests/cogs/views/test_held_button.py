"""Clips that could not be posted are held, and fetched by a button."""

from __future__ import annotations

from bot.app.services.clips import NOT_HELD
from bot.pipeline.erasure import ON_ITS_WAY
from bot.store.retention import HELD_SECONDS, sweep
from cogs.presentation import history_messages
from tests.support.simulated_server import hold_clip, open_server


async def test_a_held_clip_can_be_fetched(tmp_path):
    """From /history, by the person who ordered it, once and free of charge."""
    async with open_server(tmp_path) as server:
        await hold_clip(server)
        listed = await server.alice.slash(server.channel, "history")
        assert str(history_messages.HELD) in listed.response.content
        stolen = await server.bob.slash(server.channel, "history")
        assert stolen.response.content == str(history_messages.NO_HISTORY)
        fetched = await server.alice.click(listed.response, label="Get clip 1")
        await server.env.settle()
        assert fetched.response.attachments
        again = await server.alice.click(listed.response, label="Get clip 1")
        assert again.response.content == str(NOT_HELD)
        assert await server.used(server.alice) == 0
        assert await server.store.check() == []
        more = await server.alice.click(fetched.response, label="Again")
        await server.idle()
        assert more.response.attachments


async def test_a_held_clip_is_kept_for_a_day(tmp_path):
    """After that its sound is deleted, and its button says so."""
    async with open_server(tmp_path) as server:
        await hold_clip(server)
        listed = await server.alice.slash(server.channel, "history")
        assert await sweep(server.store, 30, server.clock.now + HELD_SECONDS - 1) == 0
        assert await sweep(server.store, 30, server.clock.now + HELD_SECONDS + 1) == 1
        late = await server.alice.click(listed.response, label="Get clip 1")
        assert late.response.content == str(NOT_HELD)


async def test_a_held_clip_is_not_posted_twice(tmp_path):
    """Of two quick presses, the second is refused; after a failure it can be fetched again."""
    async with open_server(tmp_path) as server:
        await hold_clip(server)
        listed = await server.alice.slash(server.channel, "history")
        with server.pipeline.erasure.handing_over(1, server.alice.id):
            second = await server.alice.click(listed.response, label="Get clip 1")
        assert second.response.content == str(ON_ITS_WAY)
        first = await server.alice.click(listed.response, label="Get clip 1")
        assert first.response.attachments
