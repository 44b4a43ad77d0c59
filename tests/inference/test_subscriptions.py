"""Streams of a job's audio while it is generated."""

from __future__ import annotations

import numpy as np
import pytest

from bot.inference.audio_stream import MAX_SECONDS
from tests.support import scripted_worker
from tests.support.half_made_clip import HalfMadeClip
from tests.support.running_executor import (
    configured,
    open_executor,
    submit,
    until,
)


async def audio_of(stream):
    """All audio of a stream until it ends."""
    return [audio async for audio in stream]


async def test_a_subscriber_gets_a_job_s_audio_while_it_is_generated(tmp_path):
    """The first chunk arrives before the job ends; all chunks together are the clip."""
    half_made = HalfMadeClip(tmp_path)
    async with open_executor() as executor:
        job = submit(executor, 1, half_made.prompt)
        first, second = executor.subscribe(1), executor.subscribe(1)
        begun = await anext(first)
        assert not job.outcome.done()
        half_made.let_go()
        rest = await audio_of(first)
        clip = (await job.result()).sound
        together = np.concatenate([each.sound.samples for each in (begun, *rest)], axis=1)
        assert np.array_equal(together, clip.samples)
        assert begun.first_sample == 0
        assert {each.sound.sample_rate_hz for each in (begun, *rest)} == {clip.sample_rate_hz}
        assert len(await audio_of(second)) == 1 + len(rest)


async def test_a_subscription_can_start_midway(tmp_path):
    """Earlier audio is not sent again, and the start's offset is reported."""
    half_made = HalfMadeClip(tmp_path)
    async with open_executor() as executor:
        job = submit(executor, 1, half_made.prompt, seconds=2.0)
        await until(lambda: job.done_seconds > 0)
        stream = executor.subscribe(1)
        half_made.let_go()
        audio = await audio_of(stream)
        assert audio[0].first_sample > 0
        clip = (await job.result()).sound.samples
        together = np.concatenate([each.sound.samples for each in audio], axis=1)
        assert np.array_equal(together, clip[:, audio[0].first_sample :])


@pytest.mark.parametrize("prompt", ["crash", "fail", "hang"])
async def test_a_subscription_ends_with_its_job(prompt):
    """However the job ends; no stream waits for ever."""
    async with open_executor() as executor:
        job = submit(executor, 1, prompt)
        stream = executor.subscribe(1)
        if prompt == "hang":
            await job.started.wait()
            executor.cancel(1)
        assert await audio_of(stream) == []
        assert await audio_of(executor.subscribe(1)) == []
        assert await audio_of(executor.subscribe(2)) == []


async def test_a_slow_subscriber_does_not_block_others():
    """Its buffer is bounded and drops the oldest audio; the clip is generated normally."""
    seconds = 90.0
    async with open_executor(configured(slots=2)) as executor:
        jobs = [submit(executor, n, seconds=seconds) for n in (1, 2)]
        stream = executor.subscribe(1)
        for job in jobs:
            await job.result()
        audio = await audio_of(stream)
        kept = sum(each.sound.seconds for each in audio)
        assert kept <= MAX_SECONDS
        assert stream.dropped_seconds == pytest.approx(seconds - kept)
        assert audio[0].first_sample == round((seconds - kept) * scripted_worker.RATE_HZ)
