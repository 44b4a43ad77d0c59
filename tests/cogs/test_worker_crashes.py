"""Clips that crash or outlive the worker: which are retried, and which refunded."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.jobs import JobState, Keep
from cogs.presentation import progress_messages
from tests.support.half_made_clip import HalfMadeClip
from tests.support.running_executor import until
from tests.support.simulated_server import Clock, open_server
from tests.support.timings import quick


async def being_made(server, *job_ids):
    """Wait until a worker has reported progress of these jobs."""
    for job_id in job_ids:
        async with asyncio.timeout(60):
            await until(lambda id_=job_id: server.pipeline.executor.progress(id_))
            await until(lambda id_=job_id: server.pipeline.executor.progress(id_).share > 0)


async def test_after_a_worker_crash_the_clip_is_generated_again(tmp_path, monkeypatch):
    """The person waits a little longer, and nothing else changes."""
    monkeypatch.setenv("ZHIYIN_TEST_MARK", str(tmp_path / "mark"))
    async with open_server(tmp_path / "data") as server:
        result = await server.music(prompt="crash once")
        assert result.response.attachments
        assert (await server.store.jobs.get(1)).attempts == 1


async def test_a_job_that_kills_two_workers_is_given_up(tmp_path):
    """It is refunded with a notice, and other jobs continue."""
    async with open_server(tmp_path) as server:
        result = await server.music(prompt="crash")
        assert "stopped twice" in result.response.content
        assert await server.used() == 0
        again = await server.music(prompt="jazz")
        assert again.response.attachments


async def test_a_clip_that_crashes_the_engine_affects_no_other_job(tmp_path):
    """Jobs that ran beside it are retried, each alone."""
    async with open_server(tmp_path) as server:
        server.pipeline.executor.paused = True
        crash = await server.alice.slash(server.channel, "music", prompt="crash")
        for who in (server.bob, server.owner):
            await who.slash(server.channel, "music", prompt="slowly", takes=2)
        server.pipeline.executor.paused = False
        await server.idle()
        assert "stopped twice" in crash.response.content
        assert [len(message.attachments) for message in server.messages()] == [0, 3, 3]
        assert await server.used(server.alice) == 0
        assert await server.used(server.bob) == 4


async def test_jobs_beside_a_killed_clip_lose_no_attempt(tmp_path):
    """The worker was killed because of another job: no attempt is spent."""
    clip = HalfMadeClip(tmp_path)
    async with open_server(tmp_path, cancel_seconds=0.2) as server:
        await server.alice.slash(server.channel, "music", prompt="stubborn")
        await server.bob.slash(server.channel, "music", prompt=clip.prompt)
        await being_made(server, 1, 2)
        assert await server.pipeline.cancel(1)
        async with asyncio.timeout(60):
            await until(lambda: server.pipeline.executor.restarts)
        clip.let_go()
        await server.idle()
        second = await server.store.jobs.get(2)
        assert (second.state, second.attempts) == (JobState.DELIVERED, 0)


async def test_the_bots_own_deaths_spend_no_attempt(tmp_path):
    """However often the bot is killed during a clip; no notice blames the engine."""
    async with open_server(tmp_path, timings=quick()) as server:
        server.pipeline.executor.paused = True
        await server.alice.slash(server.channel, "music", prompt="rock")
        async with asyncio.timeout(60):
            await until(lambda: server.pipeline.progress(1))
        progress = server.pipeline.progress(1)
        for _ in range(3):
            # The state that a killed bot leaves.
            await server.pipeline._dispatcher.stop()
            job = await server.store.jobs.start(1)
            assert "restarted" not in str(progress_messages.progress(job, progress))
            assert await server.pipeline.resume() == 1
        server.pipeline.start(server.bot.presenter)
        server.pipeline.executor.paused = False
        await server.idle()
        done = await server.store.jobs.get(1)
        assert (done.state, done.attempts) == (JobState.DELIVERED, 0)
        assert await server.store.check() == []


async def test_a_running_job_survives_a_restart(tmp_path):
    """It is generated again, and delivered to the same message."""
    clock, clip = Clock(), HalfMadeClip(tmp_path)
    async with open_server(tmp_path, clock=clock) as server:
        options = {"prompt": clip.prompt, "seconds": 1.0}
        result = await server.alice.slash(server.channel, "music", **options)
        await being_made(server, 1)
        await server.pipeline.drain(0.0)
        (job,) = await server.store.jobs.unfinished()
        assert (job.state, job.attempts) == (JobState.QUEUED, 0)
        await server.stop_pipeline()
        assert result.response.content
        clip.let_go()
        async with server.restart() as again:
            await again.idle()
            done = await again.store.jobs.get(job.id)
            assert done.state is JobState.DELIVERED
            assert result.response.attachments


async def test_a_remix_s_source_survives_a_restart(tmp_path):
    """It is generated again as ordered, with the joined prompt."""
    async with open_server(tmp_path) as server:
        await server.music(prompt="beat", seconds=6.0, seed=77)
        clip = await server.newest_clip()
        options = {"prompt": "jazz", "mine": str(clip.id), "keep": "start", "keep_seconds": 4.0}
        server.pipeline.executor.paused = True
        await server.alice.slash(server.channel, "remix", **options, seconds=1.0)
        await server.pipeline.drain(0.0)
        (job,) = await server.store.jobs.unfinished()
        await server.stop_pipeline()
        async with server.restart() as again:
            await again.idle()
            done = await again.store.jobs.get(job.id)
            assert (done.state, done.order) == (JobState.DELIVERED, job.order)
            made = await again.newest_clip()
            assert (made.prompt, job.order.source.keep) == (job.order.prompt, Keep.START)
            assert made.seconds_before == pytest.approx(4.0, abs=0.05)
