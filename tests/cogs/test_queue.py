"""Unfinished jobs: /queue, progress and /cancel."""

from __future__ import annotations

import asyncio

from bot.domain.jobs import JobState
from cogs.presentation import messages
from tests.support.half_made_clip import HalfMadeClip
from tests.support.simulated_server import open_server
from tests.support.timings import quick


def labels(message):
    return [each["label"] for row in message.components for each in row["components"]]


async def shown(result, text):
    """Wait until the message shows something."""
    async with asyncio.timeout(60):
        while text not in (result.response.content or ""):
            await asyncio.sleep(0.02)


async def test_queue_names_only_one_s_own_clips(tmp_path):
    """The number of waiting jobs, and the positions of one's own."""
    async with open_server(tmp_path) as server:
        empty = await server.alice.slash(server.channel, "queue")
        assert empty.response.content == str(messages.EMPTY_QUEUE)
        server.pipeline.executor.paused = True
        await server.alice.slash(server.channel, "music", prompt="this is mine")
        await server.bob.slash(server.channel, "music", prompt="this is theirs")
        result = await server.alice.slash(server.channel, "queue")
        assert "2 in the queue, 1 of them yours" in result.response.content
        assert "this is mine" in result.response.content
        assert "theirs" not in result.response.content
        for job_id, who in ((1, server.alice), (2, server.bob)):
            await who.slash(server.channel, "cancel", job=job_id)


async def test_a_waiting_job_shows_its_position_and_can_be_cancelled(tmp_path, monkeypatch):
    """A bar, a percentage and a button; the answer says that cancelling costs nothing."""
    prompt = HalfMadeClip(tmp_path).prompt
    async with open_server(tmp_path, timings=quick(show_every=0.02)) as server:
        result = await server.alice.slash(server.channel, "music", prompt=prompt, seconds=10.0)
        await shown(result, "▱")
        assert labels(result.response) == ["Cancel"]
        pressed = await server.bob.click(result.response, label="Cancel")
        assert str(messages.NOT_YOURS) in (pressed.response or pressed.followups[0]).content
        pressed = await server.alice.click(result.response, label="Cancel")
        await server.idle()
        assert str(messages.CANCELLED) in pressed.followups[-1].content
        assert "Cancelled" in result.response.content
        assert labels(result.response) == []
        assert await server.used() == 0


async def queued(server, job_id):
    """Wait until an accepted job is in the queue: before that it can't be cancelled."""
    async with asyncio.timeout(60):
        while server.pipeline.progress(job_id) is None:
            await asyncio.sleep(0.01)


async def test_cancel_without_a_choice_cancels_the_latest_job(tmp_path):
    """Without a number, /cancel cancels the person's latest job."""
    async with open_server(tmp_path) as server:
        server.pipeline.executor.paused = True
        for prompt in ("first", "second"):
            await server.alice.slash(server.channel, "music", prompt=prompt)
        await queued(server, 2)
        result = await server.alice.slash(server.channel, "cancel")
        assert str(messages.CANCELLED) in (result.response or result.followups[0]).content
        assert (await server.store.jobs.get(2)).state is JobState.CANCELLED
        assert not (await server.store.jobs.get(1)).state.is_final
        await server.alice.slash(server.channel, "cancel", job=1)
        await server.idle()
        result = await server.alice.slash(server.channel, "cancel")
        assert str(messages.NOTHING_TO_CANCEL) in result.response.content
