"""Loops: asked for with /music, or cut from a clip."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from bot.domain.generation import Sound
from bot.domain.jobs import ClipSource, JobState, Kind, MessageHandle, Order
from bot.domain.limits import Limits
from bot.pipeline.failure_sentences import INTERRUPTED
from bot.pipeline.lifecycle import MAX_INTERRUPTIONS
from cogs.presentation import messages
from tests.support.seam_step import seam_step
from tests.support.simulated_server import open_server


async def posted(message):
    """The sound of a message, as a listener hears it."""
    (file,) = [each for each in message.attachments if "zhiyin" in each.filename]
    samples, rate_hz = soundfile.read(
        io.BytesIO(await file.read()), dtype="float32", always_2d=True
    )
    return Sound(samples=np.ascontiguousarray(samples.T), sample_rate_hz=rate_hz)


async def test_a_loop_can_be_ordered(tmp_path):
    """It is cut to whole bars, named a loop in the message, and loops seamlessly."""
    async with open_server(tmp_path) as server:
        result = await server.music(prompt="beat", seconds=11.0, loop=True)
        (clip,) = await server.store.clips.of_user(server.alice.id, 1)
        assert clip.loops
        assert clip.bpm == pytest.approx(120, rel=0.01)
        assert clip.seconds == pytest.approx(8.0, abs=0.05)
        description = result.response.embeds[0].description
        assert "loop" in description
        assert "~120 BPM" in description
        assert (await server.store.ledger.quota(server.alice.id, 600)).used_seconds == 11
        master = soundfile.read(
            server.store.clips_folder / clip.file, dtype="float32", always_2d=True
        )
        sound = Sound(samples=np.ascontiguousarray(master[0].T), sample_rate_hz=master[1])
        # In multiples of the clip's own spectral steps between frames.
        assert max(seam_step(sound)) <= 1.0


async def test_a_clip_becomes_a_loop_at_the_press_of_a_button(tmp_path):
    """Anybody can cut anybody's clip, free of charge; the clip itself stays."""
    async with open_server(tmp_path) as server:
        first = await server.music(prompt="beat", seconds=11.0, seed=5)
        result = await server.press(first.response, "Loop", server.bob)
        loop, *_ = await server.store.clips.of_user(server.bob.id, 1)
        assert (loop.kind, loop.loops, loop.parent_ids, loop.seed) == (Kind.LOOP, True, (1,), 5)
        assert "a loop of" in result.response.embeds[0].description
        assert (await posted(result.response)).seconds == pytest.approx(8.0, abs=0.1)
        assert (await server.store.ledger.quota(server.bob.id, 600)).used_seconds == 0
        assert (await server.store.jobs.get(2)).state is JobState.DELIVERED
        assert await server.store.check() == []
        assert (await posted(first.response)).seconds == pytest.approx(11.0, abs=0.1)
        twice = await server.press(result.response, "Loop", server.bob)
        assert twice.response.content == str(messages.IS_A_LOOP)


async def test_again_on_a_loop_makes_another_loop(tmp_path):
    """An ordered loop gives one of the same length; a cut one gives new music."""
    async with open_server(tmp_path) as server:
        asked = await server.music(prompt="beat", seconds=11.0, loop=True)
        await server.press(asked.response, "Again")
        whole = await server.music(prompt="beat", seconds=11.0)
        cut = await server.press(whole.response, "Loop")
        await server.press(cut.response, "Again")
        jobs = [await server.store.jobs.get(n) for n in (2, 5)]
        assert [job.order.as_loop for job in jobs] == [True, True]
        assert jobs[0].order.seconds == 11.0
        assert jobs[1].order.source is None
        clips = {clip.job_id: clip for clip in await server.store.clips.of_user(server.alice.id, 9)}
        assert clips[2].loops
        assert clips[5].loops
        assert clips[5].seed != clips[4].seed


async def test_a_loop_needs_no_engine(tmp_path):
    """A cut does not wait in the queue, and works without any quota left."""
    async with open_server(tmp_path) as server:
        first = await server.music(prompt="beat", seconds=5.0)
        server.pipeline.executor.paused = True
        result = await server.press(first.response, "Loop", server.bob)
        assert "a loop of" in result.response.embeds[0].description
        server.pipeline.executor.paused = False


async def test_a_clip_without_a_beat_can_be_looped(tmp_path):
    """It is cut at two places that sound alike."""
    async with open_server(tmp_path) as server:
        first = await server.music(prompt="a tone", seconds=6.0, seed=440)
        result = await server.press(first.response, "Loop")
        (loop, _) = await server.store.clips.of_user(server.alice.id, 2)
        assert loop.bpm is None
        assert loop.seconds >= 0.4 * 6.0
        assert "BPM" not in result.response.embeds[0].description


async def test_a_loop_that_crashes_the_bot_is_given_up(tmp_path):
    """As with a clip that crashes the engine, a start does not retry it for ever."""
    async with open_server(tmp_path) as server:
        first = await server.music(prompt="beat", seconds=5.0)
        (clip,) = await server.store.clips.of_user(server.alice.id, 1)
        order = Order(
            key="loop", origin=clip.origin, kind=Kind.LOOP, seconds=0.0, seed=5, as_loop=True,
            source=ClipSource(clip_id=clip.id, keep_seconds=5.0),
        )  # fmt: skip
        limits = Limits(daily_seconds=9, waiting_per_user=9, waiting_per_guild=9, waiting=9)
        job = await server.store.jobs.accept(order, limits, MessageHandle())
        for _ in range(MAX_INTERRUPTIONS):
            await server.store.jobs.start(job.id)
            # What a start does with unfinished jobs.
            await server.store.jobs.interrupt(job.id)
        assert await server.pipeline.resume() == 1
        await server.idle()
        assert (await server.store.jobs.get(job.id)).state is JobState.FAILED
        assert str(INTERRUPTED) in server.messages()[-1].content
        assert await server.store.ledger.check() == []
        retried = await server.press(first.response, "Loop")
        assert "a loop of" in retried.response.embeds[0].description
