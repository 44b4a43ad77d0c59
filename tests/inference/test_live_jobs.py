"""Live jobs: endless music, streams of it, and prompts that change while it plays."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from bot.domain.generation import GenerationRequest
from bot.errors import Cancelled, RequestError
from bot.inference.job_reports import NEVER_BEGUN
from bot.inference.pending_job import UnrelatedWorkerLoss, WorkerLost
from tests.support.running_executor import open_executor, ready, submit, until
from tests.support.scripted_worker import PIECE_SECONDS, RATE_HZ
from tests.support.worker_thread import ThreadBackend

AHEAD_SECONDS = 2.0


def submit_endless(executor, job_id, prompt="techno"):
    """Put music without end in the queue."""

    async def prepare():
        return GenerationRequest(seconds=None, seed=1, prompt=prompt, ahead_seconds=AHEAD_SECONDS)

    return executor.submit(job_id, job_id, None, prepare)


TIMEOUT_SECONDS = 60


async def take(stream, seconds):
    """Take this much of a stream; its chunks must follow each other without a gap."""
    audio = await anext(stream)
    first, taken = audio.first_sample, audio.sound.seconds
    while taken < seconds:
        audio = await anext(stream)
        start = first + round(taken * RATE_HZ)
        assert audio.first_sample == start == audio.sound.samples[0, 0]
        taken += audio.sound.seconds
    return first / RATE_HZ


async def test_endless_music_follows_backpressure():
    """Nothing is dropped, generation stops at a lead, and other jobs run meanwhile."""
    async with open_executor(backend=ThreadBackend(), timeout_seconds=TIMEOUT_SECONDS) as executor:
        job = submit_endless(executor, 1)
        stream = executor.subscribe(1)
        assert await take(stream, 5.0) == 0.0
        await until(lambda: job.heard_seconds == pytest.approx(5.0 + AHEAD_SECONDS))
        beside = submit(executor, 2, "slow")
        await beside.result()
        assert job.heard_seconds == pytest.approx(5.0 + AHEAD_SECONDS)
        await take(stream, 3.0)
        await until(lambda: job.heard_seconds == pytest.approx(8.0 + AHEAD_SECONDS))
        progress = executor.progress(1)
        assert (progress.share, progress.seconds_left) == (0.0, None)


async def test_the_slowest_subscriber_sets_the_pace():
    """A later subscriber starts where the others are; a closed stream is not waited for."""
    async with open_executor(backend=ThreadBackend(), timeout_seconds=TIMEOUT_SECONDS) as executor:
        job = submit_endless(executor, 1)
        slow = executor.subscribe(1)
        await take(slow, 1.0)
        await until(lambda: job.heard_seconds == pytest.approx(1.0 + AHEAD_SECONDS))
        fast = executor.subscribe(1)
        reading = asyncio.create_task(take(fast, 4.0))
        await take(slow, 1.0)
        await until(lambda: job.heard_seconds == pytest.approx(2.0 + AHEAD_SECONDS))
        assert not reading.done()
        slow.close()
        assert await reading == pytest.approx(3.0)


async def test_a_late_subscriber_gets_the_current_audio():
    """Audio generated without subscribers is not kept."""
    async with open_executor(backend=ThreadBackend(), timeout_seconds=TIMEOUT_SECONDS) as executor:
        job = submit_endless(executor, 1)
        await job.started.wait()
        assert await take(executor.subscribe(1), 1.0) > -1
        job.streams[0].close()
        heard = job.heard_seconds
        assert await take(executor.subscribe(1), 2 * AHEAD_SECONDS) >= heard - PIECE_SECONDS


async def test_endless_music_ends_on_request():
    """Audio already generated can be taken, then the stream ends; the job has no result."""
    async with open_executor(backend=ThreadBackend(), timeout_seconds=TIMEOUT_SECONDS) as executor:
        job = submit_endless(executor, 1)
        stream = executor.subscribe(1)
        await take(stream, 1.0)
        await until(lambda: job.heard_seconds == 1.0 + AHEAD_SECONDS)
        assert executor.end(1)
        rendered = await job.result()
        assert rendered.sound.samples.size == 0
        rest = [audio async for audio in stream]
        assert rest[0].first_sample == RATE_HZ
        assert not executor.end(1)


async def test_a_job_that_has_not_started_ends_as_cancelled():
    """It is never started, and its streams end."""
    async with open_executor(backend=ThreadBackend(), timeout_seconds=TIMEOUT_SECONDS) as executor:
        executor.paused = True
        job = submit_endless(executor, 1)
        stream = executor.subscribe(1)
        assert executor.end(1)
        with pytest.raises(Cancelled):
            await job.result()
        assert [audio async for audio in stream] == []
        submit(executor, 2)
        assert not executor.end(2)


async def test_a_worker_crash_is_not_a_normal_end():
    """Subscribers get the audio before the crash, and then the error."""
    async with open_executor() as executor:
        submit_endless(executor, 1, "crash later")
        stream = executor.subscribe(1)
        asked = asyncio.create_task(executor.change_prompt(1, "jazz", 1.0, at_seconds=99.0))
        with pytest.raises(WorkerLost):
            await take(stream, 60.0)
        with pytest.raises(WorkerLost):
            await anext(stream)
        await asyncio.wait([asked])
        assert asked.exception() is None or isinstance(asked.exception(), RequestError)


async def test_cancelling_a_job_ends_its_streams():
    """A cancellation is a normal end for subscribers."""
    async with open_executor(backend=ThreadBackend(), timeout_seconds=TIMEOUT_SECONDS) as executor:
        submit_endless(executor, 1)
        stream = executor.subscribe(1)
        await take(stream, 1.0)
        assert executor.cancel(1)
        assert all([audio async for audio in stream])


async def test_a_stop_ends_endless_music():
    """A shutdown does not wait for an endless job."""
    async with open_executor(backend=ThreadBackend(), timeout_seconds=TIMEOUT_SECONDS) as executor:
        job = submit_endless(executor, 1)
        await take(executor.subscribe(1), 1.0)
        await executor.drain(60.0)
        assert job.outcome.done()


async def test_endless_music_yields_to_a_job_that_must_run_alone():
    """The suspect of a crash runs alone: subscribers learn that the music was stopped."""
    async with open_executor(backend=ThreadBackend(), timeout_seconds=TIMEOUT_SECONDS) as executor:
        submit_endless(executor, 1)
        stream = executor.subscribe(1)
        await take(stream, 1.0)
        clip = submit(executor, 2)
        suspect = submit(executor, 3, alone=True)
        await clip.result()
        await suspect.result()
        with pytest.raises(UnrelatedWorkerLoss):
            await take(stream, 60.0)
        submit_endless(executor, 4)
        await take(executor.subscribe(4), 1.0)


async def test_a_prompt_change_reports_its_start():
    """Also for a waiting job: the change is sent once it has a worker."""
    async with open_executor(backend=ThreadBackend(), timeout_seconds=TIMEOUT_SECONDS) as executor:
        submit_endless(executor, 1)
        stream = executor.subscribe(1)
        assert executor.model is None
        # Until it arrives, no more than the lead is generated, as nothing is heard.
        assert 0.0 <= await executor.change_prompt(1, "jazz", 0.0) <= AHEAD_SECONDS
        await take(stream, 3.0)
        assert await executor.change_prompt(1, [("jazz", 2.0), ("techno", 1.0)], 0.5) >= 1.0
        with pytest.raises(RequestError) as never:
            await executor.change_prompt(1, "never", 0.5)
        assert never.value.sentence == NEVER_BEGUN


async def test_a_finished_job_accepts_no_prompt_change():
    """Finished, cancelled or unknown: one sentence."""
    async with open_executor(backend=ThreadBackend(), timeout_seconds=TIMEOUT_SECONDS) as executor:
        await submit(executor, 1).result()
        submit_endless(executor, 2)
        executor.cancel(2)
        for job_id in (1, 2, 3):
            with pytest.raises(RequestError, match="This music is over"):
                await executor.change_prompt(job_id, "jazz", 1.0)


async def test_a_change_fails_if_the_job_ends_first():
    """Its caller gets the error and does not wait for ever."""
    async with open_executor(backend=ThreadBackend(), timeout_seconds=TIMEOUT_SECONDS) as executor:
        await ready(executor)
        executor.paused = True
        submit_endless(executor, 1)
        asked = asyncio.create_task(executor.change_prompt(1, "jazz", 1.0))
        await asyncio.sleep(0)
        executor.cancel(1)
        with pytest.raises(RequestError, match="This music is over"):
            await asked


@pytest.mark.parametrize(
    ("prompt", "seconds"),
    [("x" * 2001, 1.0), (5, 1.0), ([], 1.0), ([("a", 0.0)], 1.0), ("a", -1.0), ("a", "b")],
    ids=str,
)
async def test_an_invalid_change_is_not_sent(prompt, seconds):
    """It is refused with a sentence, before any worker gets it."""
    async with open_executor(backend=ThreadBackend(), timeout_seconds=TIMEOUT_SECONDS) as executor:
        submit_endless(executor, 1)
        if not isinstance(prompt, str | list):
            prompt = [(prompt, 1.0)]
        with pytest.raises(RequestError):
            await executor.change_prompt(1, prompt, seconds)


async def test_a_request_must_match_its_queued_job():
    """Endless music in the slot of a clip would hold it for ever."""
    async with open_executor(backend=ThreadBackend(), timeout_seconds=TIMEOUT_SECONDS) as executor:

        async def prepare():
            return GenerationRequest(seconds=None, seed=1)

        with pytest.raises(ValueError, match="endless"):
            await executor.submit(1, 1, 5.0, prepare).result()


def test_audio_chunks_carry_their_offset():
    """A float holds every whole number that these tests count to."""
    assert np.float32(100 * RATE_HZ) + 1 > np.float32(100 * RATE_HZ)
