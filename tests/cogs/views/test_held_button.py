"""Clips that could not be posted are held, and fetched by a button."""

from __future__ import annotations

import pytest

from bot.app.services.clips import NOT_HELD
from bot.pipeline.erasure import ON_ITS_WAY
from bot.store.retention import HELD_SECONDS, sweep
from cogs.presentation import history_messages
from tests.support.simulated_server import hold_clip, open_server
from tests.support.timings import quick


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


@pytest.mark.parametrize("is_private", [False, True])
async def test_a_held_clip_that_is_posted_by_its_number_is_kept(tmp_path, is_private):
    """It is fetched like that, too: it is held no longer, and nobody is told that it is."""
    async with open_server(tmp_path) as server:
        await server.alice.slash(server.channel, "settings", private=is_private)
        await hold_clip(server)
        posted = (await server.alice.slash(server.channel, "clip", clip="1")).response
        clip = await server.store.clips.get(1)
        assert (clip.message_id, clip.is_private) == (posted.id, False)
        assert await sweep(server.store, 30, server.clock.now + HELD_SECONDS + 1) == 0
        listed = await server.alice.slash(server.channel, "history")
        assert str(history_messages.HELD) not in listed.response.content
        assert await server.store.jobs.pending_notices() == []
        assert await server.used(server.alice) == 0
        assert await server.store.check() == []


@pytest.mark.parametrize("is_private", [False, True])
async def test_nobody_is_told_that_a_clip_is_held_that_they_have_posted(tmp_path, is_private):
    """Discord was out of reach for the clip and for the notice, which is still to be sent."""
    async with open_server(tmp_path, timings=quick(attempts=1)) as server:
        await server.alice.slash(server.channel, "settings", private=is_private)
        server.pipeline.executor.paused = True
        await server.alice.slash(server.channel, "music", prompt="90s rock", seconds=1.0)
        server.env.inject_error("PATCH", "/webhooks/*", status=503, times=None)
        server.env.inject_error("POST", "/channels/*/messages", status=503, times=None)
        server.pipeline.executor.paused = False
        await server.idle()
        assert len(await server.store.jobs.pending_notices()) == 1
        server.env.backend.faults.clear()
        await server.alice.slash(server.channel, "clip", clip="1")
        assert await server.store.jobs.pending_notices() == []
        assert await server.store.check() == []
