"""A job whose task fails is retried until it succeeds."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from bot.domain.jobs import JobState
from bot.inference.executor import CANCELLED
from tests.support.simulated_server import open_server, strict
from tests.support.timings import quick


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    strict(monkeypatch)


@pytest.mark.parametrize("step", ["start", "record_clip", "begin_delivery", "finish_delivery"])
async def test_a_temporarily_full_disk_loses_no_job(tmp_path, monkeypatch, step):
    """Failed writes are repeated once there is room, without a restart."""
    async with open_server(tmp_path, timings=quick()) as server:
        real = getattr(server.store.jobs, step)
        fails = 2

        async def full(*args, **options):
            nonlocal fails
            fails -= 1
            if fails >= 0:
                raise sqlite3.OperationalError("database or disk is full")
            return await real(*args, **options)

        monkeypatch.setattr(server.store.jobs, step, full)
        # The job's end can't be written either.
        ended = server.store.jobs.fail

        async def not_ended(*args):
            if fails > 0:
                raise sqlite3.OperationalError("database or disk is full")
            return await ended(*args)

        monkeypatch.setattr(server.store.jobs, "fail", not_ended)
        result = await server.music(seconds=2.0)
        job = await server.store.jobs.get(1)
        used = (await server.store.ledger.quota(server.alice.id, 600)).used_seconds
        assert job.state in (JobState.DELIVERED, JobState.FAILED)
        assert used == (2.0 if job.state is JobState.DELIVERED else 0.0)
        assert bool(result.response.attachments) >= (job.state is JobState.DELIVERED)
        assert await server.store.check() == []


async def test_a_stop_does_not_wait_for_retries(tmp_path, monkeypatch):
    """The job is in the database: the next start continues it."""
    async with open_server(tmp_path, timings=quick(job_retry_seconds=3600.0)) as server:

        async def broken(*args, **options):
            raise sqlite3.OperationalError("database or disk is full")

        for step in ("begin_delivery", "fail"):
            monkeypatch.setattr(server.store.jobs, step, broken)
        await server.alice.slash(server.channel, "music", prompt="rock")
        async with asyncio.timeout(60):
            while not server.pipeline._dispatcher._retries:
                await asyncio.sleep(0.01)
        await server.pipeline.drain(1.0)
        assert server.pipeline.in_flight == 0
        assert (await server.store.jobs.get(1)).state is JobState.RENDERED


async def test_a_job_can_be_cancelled_before_it_is_queued(tmp_path, monkeypatch):
    """Between admission and the executor's queue: it is refunded, with a notice."""
    async with open_server(tmp_path, timings=quick()) as server:
        put = server.pipeline._dispatcher.put
        monkeypatch.setattr(server.pipeline._dispatcher, "put", lambda job: None)
        result = await server.alice.slash(server.channel, "music", prompt="rock")
        pressed = await server.alice.slash(server.channel, "cancel")
        job = await server.store.jobs.get(1)
        assert job.state is JobState.CANCELLED
        assert str(CANCELLED) in (pressed.response or pressed.followups[0]).content
        assert str(CANCELLED) in result.response.content
        put(job)
        await server.idle()
        assert (await server.store.ledger.quota(server.alice.id, 600)).used_seconds == 0
        assert await server.store.check() == []


async def test_a_job_cancelled_before_queueing_is_not_shown(tmp_path):
    """It leaves the executor's queue, and its notice stays."""
    timings = quick(first_shown=0.3, show_every=0.01)
    async with open_server(tmp_path, timings=timings) as server:
        server.pipeline.executor.paused = True
        result = await server.alice.slash(server.channel, "music", prompt="rock")
        async with asyncio.timeout(60):
            while server.pipeline.progress(1) is None:
                await asyncio.sleep(0.01)
            # A cancellation that finds the job only in the database does the same.
            assert await server.store.jobs.cancel(1, CANCELLED)
            await server.pipeline._notifier.notify(1)
            await server.idle()
        assert str(CANCELLED) in result.response.content
        assert server.pipeline.executor.waiting == 0


class HeldPresenter:
    """The bot's presenter, whose progress edits wait for an event."""

    def __init__(self, presenter):
        self._presenter = presenter
        self.begun, self.goes_on = asyncio.Event(), asyncio.Event()

    def __getattr__(self, name):
        return getattr(self._presenter, name)

    async def show(self, job, progress):
        self.begun.set()
        await self.goes_on.wait()
        await self._presenter.show(job, progress)


async def test_a_notice_comes_after_the_progress_that_is_on_its_way(tmp_path):
    """A cancellation that finds the job only in the database waits for the edit of its message."""
    timings = quick(first_shown=0.01, show_every=0.01)
    async with open_server(tmp_path, timings=timings) as server:
        presenter = HeldPresenter(server.bot.presenter)
        server.pipeline.start(presenter)
        server.pipeline.executor.paused = True
        result = await server.alice.slash(server.channel, "music", prompt="rock")
        async with asyncio.timeout(60):
            await presenter.begun.wait()
        assert await server.store.jobs.cancel(1, CANCELLED)
        notifying = asyncio.create_task(server.pipeline._notifier.notify(1))
        # The notice would be there by now if it did not wait.
        await asyncio.wait([notifying], timeout=0.3)
        presenter.goes_on.set()
        await notifying
        await server.idle()
        assert str(CANCELLED) in result.response.content


class FaultyPresenter:
    """The bot's presenter, whose first progress edit ends in an error."""

    def __init__(self, presenter):
        self._presenter = presenter
        self.shown = 0

    def __getattr__(self, name):
        return getattr(self._presenter, name)

    async def show(self, job, progress):
        self.shown += 1
        if self.shown == 1:
            raise KeyError("a fault")
        await self._presenter.show(job, progress)


async def test_progress_goes_on_after_an_error(tmp_path, caplog):
    """The log names the job, and the next update is shown."""
    timings = quick(first_shown=0.01, show_every=0.01)
    async with open_server(tmp_path, timings=timings) as server:
        presenter = FaultyPresenter(server.bot.presenter)
        server.pipeline.start(presenter)
        server.pipeline.executor.paused = True
        result = await server.alice.slash(server.channel, "music", prompt="rock")
        async with asyncio.timeout(60):
            while presenter.shown < 2:
                await asyncio.sleep(0.01)
        server.pipeline.executor.paused = False
        await server.idle()
        assert "job.not_shown id=1" in caplog.text
        assert result.response.attachments
