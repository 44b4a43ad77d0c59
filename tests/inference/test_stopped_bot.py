"""A bot that was stopped for a while (SIGSTOP, a paused container) blames no worker for that."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from bot.inference.awake_timeout import within_awake
from bot.inference.connection import frame, receive
from bot.inference.encoding import version
from bot.inference.protocol import CancelJob, Hello, JobFailed, JobFinished, Ready
from tests.support import scripted_worker
from tests.support.running_executor import configured, open_executor, request, submit, until
from tests.support.worker_thread import SLOTS

PATIENCE_SECONDS, STOPPED_SECONDS = 2.0, 2.2


def stand_still(seconds):
    """Stop the whole event loop, as a stopped process does."""
    time.sleep(seconds)


class SocketWorker:
    """A worker that says what a test sends, over a real socket."""

    name, pid = "by socket", None

    def __init__(self):
        self.sent, self.ended_by = [], ""
        self._ours, self._theirs = socket.socketpair()

    async def open(self):
        self._reader, self._writer = await asyncio.open_connection(sock=self._ours)

    def say(self, message):
        self._theirs.sendall(frame(message))

    def send(self, message):
        self.sent.append(message)

    async def receive(self):
        return await receive(self._reader)

    async def stop(self):
        self._end("stop")

    async def kill(self):
        self._end("kill")

    def _end(self, how):
        self.ended_by = how
        self._writer.close()
        self._theirs.close()


class OneWorkerBackend:
    """Starts one worker, and no second one."""

    def __init__(self, worker):
        self._worker, self._is_started = worker, False

    async def start(self):
        if self._is_started:
            await asyncio.Event().wait()
        self._is_started = True
        await self._worker.open()
        self._worker.say(Hello(version()))
        self._worker.say(Ready(scripted_worker.info(SLOTS)))
        return self._worker

    async def close(self):
        """Release nothing."""


async def test_a_clip_that_came_meanwhile_is_taken():
    """Its worker was not silent: the bot did not listen."""
    worker = SocketWorker()
    config = configured(silent_seconds=PATIENCE_SECONDS)
    async with open_executor(config, backend=OneWorkerBackend(worker)) as executor:
        job = submit(executor, 1)
        await job.started.wait()
        worker.say(JobFinished(1, scripted_worker.tone(request()), 1.0))
        stand_still(STOPPED_SECONDS)
        assert (await job.result()).sound.seconds == 1.0
    assert worker.ended_by == "stop"


async def test_a_cancelled_clip_that_was_dropped_meanwhile_kills_no_worker():
    """Other clips on it go on."""
    worker = SocketWorker()
    backend = OneWorkerBackend(worker)
    async with open_executor(backend=backend, cancel_seconds=PATIENCE_SECONDS) as executor:
        job, other = submit(executor, 1), submit(executor, 2)
        await job.started.wait()
        await other.started.wait()
        executor.cancel(1)
        await until(lambda: CancelJob(1) in worker.sent)
        worker.say(JobFailed(1, None))
        stand_still(STOPPED_SECONDS)
        await job.released.wait()
        worker.say(JobFinished(2, scripted_worker.tone(request()), 1.0))
        await other.result()
    assert worker.ended_by == "stop"


async def test_the_time_ends_for_who_says_nothing():
    """The work is ended then, too."""
    is_ended = asyncio.Event()

    async def silent():
        try:
            await asyncio.Event().wait()
        finally:
            is_ended.set()

    with pytest.raises(TimeoutError):
        await within_awake(silent(), 0.05)
    assert is_ended.is_set()


async def test_errors_and_cancellations_pass():
    """The wait is one with the work."""

    async def ended():
        raise EOFError

    with pytest.raises(EOFError):
        await within_awake(ended(), 60.0)
    waiting = asyncio.Event()
    task = asyncio.create_task(within_awake(waiting.wait(), 60.0))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
