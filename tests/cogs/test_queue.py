"""Unfinished jobs: /queue, progress and /cancel."""

from __future__ import annotations

import asyncio

from bot.domain.jobs import JobState
from cogs.presentation import messages
from tests.support.jam_server import open_jam
from tests.support.timings import quick


def labels(message):
    return [each["label"] for row in message.components for each in row["components"]]


async def shown(result, text):
    """Wait until the message shows something."""
    async with asyncio.timeout(60):
        while text not in (result.response.content or ""):
            await asyncio.sleep(0.02)


async def test_queue_names_only_one_s_own_clips(tmp_path):
    """How many are in line, and where mine are."""
    async with open_jam(tmp_path) as jam:
        empty = await jam.alice.slash(jam.channel, "queue")
        assert empty.response.content == str(messages.EMPTY_QUEUE)
        await jam.alice.slash(jam.channel, "music", prompt="slow and mine")
        await jam.bob.slash(jam.channel, "music", prompt="slow and theirs")
        result = await jam.alice.slash(jam.channel, "queue")
        assert "2 in the queue, 1 of them yours" in result.response.content
        assert "slow and mine" in result.response.content
        assert "theirs" not in result.response.content
        for job_id, who in ((1, jam.alice), (2, jam.bob)):
            await who.slash(jam.channel, "cancel", job=job_id)


async def test_a_waiting_job_shows_its_position_and_can_be_cancelled(tmp_path, monkeypatch):
    """A bar, a share, a button; cancelling costs nothing and says so."""
    async with open_jam(tmp_path, timings=quick(show_every=0.02)) as jam:
        result = await jam.alice.slash(jam.channel, "music", prompt="slow", seconds=10.0)
        await shown(result, "▱")
        assert labels(result.response) == ["Cancel"]
        pressed = await jam.bob.click(result.response, label="Cancel")
        assert str(messages.NOT_YOURS) in (pressed.response or pressed.followups[0]).content
        pressed = await jam.alice.click(result.response, label="Cancel")
        await jam.idle()
        assert str(messages.CANCELLED) in pressed.followups[-1].content
        assert "Cancelled" in result.response.content
        assert labels(result.response) == []
        assert await jam.used() == 0


async def queued(jam, job_id):
    """Wait until a job that was accepted is in the queue: before that it can't be cancelled."""
    async with asyncio.timeout(60):
        while jam.pipeline.progress(job_id) is None:
            await asyncio.sleep(0.01)


async def test_cancel_without_a_choice_cancels_the_latest_job(tmp_path):
    """Without a number /cancel means what was asked for last."""
    async with open_jam(tmp_path) as jam:
        for prompt in ("slow 1", "slow 2"):
            await jam.alice.slash(jam.channel, "music", prompt=prompt)
        await queued(jam, 2)
        result = await jam.alice.slash(jam.channel, "cancel")
        assert str(messages.CANCELLED) in (result.response or result.followups[0]).content
        assert (await jam.store.jobs.get(2)).state is JobState.CANCELLED
        assert not (await jam.store.jobs.get(1)).state.is_final
        await jam.alice.slash(jam.channel, "cancel", job=1)
        await jam.idle()
        result = await jam.alice.slash(jam.channel, "cancel")
        assert str(messages.NOTHING_TO_CANCEL) in result.response.content
