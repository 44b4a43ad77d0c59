"""Clips that could not be posted are held, and fetched by a button."""

from __future__ import annotations

from bot.app.services.clips import NOT_HELD
from bot.pipeline.erasure import ON_ITS_WAY
from bot.store.retention import HELD_SECONDS, sweep
from cogs.presentation import history_messages
from tests.support.jam_server import hold_clip, open_jam


async def test_a_held_clip_can_be_fetched(tmp_path):
    """By the person who asked for it, from /history, once and for free."""
    async with open_jam(tmp_path) as jam:
        await hold_clip(jam)
        listed = await jam.alice.slash(jam.channel, "history")
        assert str(history_messages.HELD) in listed.response.content
        stolen = await jam.bob.slash(jam.channel, "history")
        assert stolen.response.content == str(history_messages.NO_HISTORY)
        fetched = await jam.alice.click(listed.response, label="Get clip 1")
        await jam.env.settle()
        assert fetched.response.attachments
        again = await jam.alice.click(listed.response, label="Get clip 1")
        assert again.response.content == str(NOT_HELD)
        assert await jam.used(jam.alice) == 0
        assert await jam.store.check() == []
        more = await jam.alice.click(fetched.response, label="Again")
        await jam.idle()
        assert more.response.attachments


async def test_a_held_clip_is_kept_for_a_day(tmp_path):
    """Then its sound goes, and its button says so."""
    async with open_jam(tmp_path) as jam:
        await hold_clip(jam)
        listed = await jam.alice.slash(jam.channel, "history")
        assert await sweep(jam.store, 30, jam.clock.now + HELD_SECONDS - 1) == 0
        assert await sweep(jam.store, 30, jam.clock.now + HELD_SECONDS + 1) == 1
        late = await jam.alice.click(listed.response, label="Get clip 1")
        assert late.response.content == str(NOT_HELD)


async def test_a_held_clip_is_not_posted_twice(tmp_path):
    """Two quick presses are one clip, and the second is told so; then it can be fetched."""
    async with open_jam(tmp_path) as jam:
        await hold_clip(jam)
        listed = await jam.alice.slash(jam.channel, "history")
        with jam.pipeline.erasure.handing_over(1, jam.alice.id):
            second = await jam.alice.click(listed.response, label="Get clip 1")
        assert second.response.content == str(ON_ITS_WAY)
        first = await jam.alice.click(listed.response, label="Get clip 1")
        assert first.response.attachments
