"""No answer stays open, whenever the bot ends: a stop or a start closes it with a sentence."""

from __future__ import annotations

import asyncio

import pytest

from bot import failpoints
from bot.domain.answers import OpenAnswer
from bot.domain.jobs import JobState
from cogs.posting.open_answers import end_answer
from cogs.presentation import messages
from tests.support.discord_wire.files import File
from tests.support.discord_wire.stage import open_stage, shorten_pauses
from tests.support.sound_files import as_file, noise
from tests.support.timings import quick

IN_LINE, RESTARTED = str(messages.IN_LINE), str(messages.RESTARTED)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    shorten_pauses(monkeypatch)


async def restarted(stage):
    """Close what an earlier run left open, as a start does."""
    cog = stage.bot.get_cog("AnswerCleanup")
    await cog.cog_load()
    await cog._ending


async def test_a_stop_ends_open_answers_of_cancelled_commands(tmp_path, monkeypatch, caplog):
    """A command between its first answer and its order is cancelled at the time limit."""
    monkeypatch.setenv(failpoints.VARIABLE, "order.answered=stall:600")
    async with open_stage(tmp_path, timings=quick(), answer_seconds=0.1) as stage:
        asked = await stage.music()
        stage.stop.set()
        await stage.connection
        assert asked.message.content == RESTARTED
        assert await stage.store.open_answers.all() == []
        assert await stage.store.jobs.unfinished() == []
    assert [each for each in caplog.records if each.exc_info] == []


async def test_a_stop_waits_for_a_command_that_is_nearly_done(tmp_path):
    """Its job is accepted, and generated after the next start."""
    async with open_stage(tmp_path, timings=quick(), answer_seconds=60.0) as stage:
        fetch, stopping = stage.bot.fetch, asyncio.Event()

        async def fetch_late(url, max_bytes):
            await stopping.wait()
            return await fetch(url, max_bytes)

        stage.bot.fetch = fetch_late
        asked = await stage.music(clip=File("song.wav", as_file(noise())))
        stage.stop.set()
        async with asyncio.timeout(60):
            while not stage.bot.pipeline.executor.paused:
                await asyncio.sleep(0)
        stopping.set()
        await stage.connection
        (job,) = await stage.store.jobs.unfinished()
        assert (job.state, job.message.message_id) == (JobState.QUEUED, asked.message.id)
        assert asked.message.content == str(messages.LISTENING)
        assert await stage.store.open_answers.all() == []


@pytest.mark.parametrize("known", ["by its token", "by its id", "by its text", "one by its text"])
async def test_a_start_ends_open_answers_of_a_killed_run(tmp_path, known):
    """Whatever was recorded by then; answers that a job stands behind are unchanged."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        stage.bot.pipeline.executor.paused = True
        asked = await stage.music()
        await stage.wait_for_queue(1)
        takes = [stage.wire.say(stage.wire.me, stage.channel, IN_LINE) for _ in range(2)]
        for take in takes:
            del stage.channel.messages[take.id]
            take.id -= 1 << 22  # a millisecond older than the start, as all that a start looks at
            stage.channel.messages[take.id] = take
        if known == "by its token":
            left = await stage.wire.slash(stage.bob, stage.channel, "music", prompt="rock")
            await stage.wait_for_queue(2)
            await stage.store.jobs.cancel(2, messages.CANCELLED)
            await stage.store.jobs.record_notified(2)
            takes = [left.message]
        for number, take in enumerate(takes[: 1 if known == "one by its text" else 2]):
            await stage.store.open_answers.open(
                OpenAnswer(
                    key=f"{asked.id}/{number}",
                    channel_id=stage.channel.id,
                    text=IN_LINE,
                    token=left.token if known == "by its token" else None,
                    message_id=take.id if known == "by its id" else None,
                )
            )
        await restarted(stage)
        assert {take.content for take in takes} == {RESTARTED}
        assert asked.message.content != RESTARTED
        assert await stage.store.open_answers.all() == []


async def test_an_open_answer_that_cannot_be_ended_is_retried_at_the_next_start(tmp_path):
    """An outage may outlast the token of an answer whose message id is unknown."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        left = await stage.wire.slash(stage.bob, stage.channel, "music", prompt="fail")
        await stage.final_job(1)
        stage.wire.expire_tokens()
        key = f"{left.id}/0"
        await stage.store.open_answers.open(
            OpenAnswer(key=key, channel_id=stage.channel.id, text=IN_LINE, token=left.token)
        )
        hanging = stage.wire.say(stage.wire.me, stage.channel, IN_LINE)
        await end_answer(stage.bot, key, messages.RESTARTED)
        assert [each.key for each in await stage.store.open_answers.all()] == [key]
        del stage.channel.messages[hanging.id]
        hanging.id -= 1 << 22  # a millisecond older than the start, as all that a start looks at
        stage.channel.messages[hanging.id] = hanging
        await restarted(stage)
        assert hanging.content == RESTARTED
        assert await stage.store.open_answers.all() == []


async def test_unannounced_records_are_deleted(tmp_path):
    """A bot killed before its first answer leaves nothing open: Discord shows the failure."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        place = stage.channel.id
        for token in ("gone", None):
            await stage.store.open_answers.open(
                OpenAnswer(
                    key=f"{stage.wire.ids.next()}/0", channel_id=place, text=IN_LINE, token=token
                )
            )
        await restarted(stage)
        assert await stage.store.open_answers.all() == []
        assert stage.channel.messages == {}


async def test_an_open_answer_is_removed_after_an_outage(tmp_path):
    """The message about an unusable file is deleted, however often the deletion fails."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        fault = stage.wire.fail("DELETE", "/webhooks/*", reset=True, times=3)
        asked = await stage.music(clip=File("song.mp3", b"no sound"))
        await stage.wire.until(lambda: asked.followups)
        await stage.wire.until(lambda: asked.message.id not in stage.channel.messages)
        assert fault.hits == 3
        async with asyncio.timeout(60):
            while await stage.store.open_answers.all():
                await asyncio.sleep(0.01)


async def test_a_refused_order_s_upload_is_deleted(tmp_path):
    """A file refused after decoding is deleted, and so are files left by a kill."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        fetch = stage.bot.fetch

        async def fetch_slowly(url, max_bytes):
            await stage.bot.service.operations.set_draining(True)
            return await fetch(url, max_bytes)

        stage.bot.fetch = fetch_slowly
        song = File("song.mp3", as_file(noise(1.0)))
        asked = await stage.music(clip=song)
        await stage.wire.until(lambda: asked.followups)
        assert "restarted" in asked.followups[0].content
        folder = stage.store.uploads_folder
        assert list(folder.iterdir()) == []
        (folder / "left.flac").touch()
        await stage.bot.pipeline.resume()
        assert list(folder.iterdir()) == []
