"""Takes in one message at the wire: each way of delivery, and its failures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.config import Config, LimitsConfig
from bot.domain.jobs import JobState
from tests.cogs.wire.test_delivery import POST, TOKEN_EDIT, WAYS, narrowed, ordered
from tests.support.discord_wire.server import clips
from tests.support.discord_wire.stage import open_stage, shorten_pauses
from tests.support.timings import quick


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    shorten_pauses(monkeypatch)


async def made(stage, count):
    """Let the takes be generated; return their jobs at the end."""
    stage.bot.pipeline.executor.paused = False
    return [await stage.final_job(number) for number in range(1, count + 1)]


async def check_takes(stage, count):
    """Check that one message has all takes, each job names it, and each is charged once."""
    (message,) = stage.wire.with_clips()
    assert len(clips(message)) == count
    jobs = [await stage.store.jobs.get(number) for number in range(1, count + 1)]
    assert {job.state for job in jobs} == {JobState.DELIVERED}
    assert {job.message.message_id for job in jobs} == {message.id}
    assert await stage.used() == count
    assert await stage.store.check() == []
    return message


@pytest.mark.parametrize("way", WAYS)
async def test_takes_whose_post_was_reported_as_failed_are_posted_once(tmp_path, way):
    """Discord stored the message and reported a failure: the retry finds it."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        asked = await ordered(stage, takes=3)
        narrowed(stage, asked, way)
        fault = stage.wire.fail(*WAYS[way], with_files=True, stored=True, status=500)
        await made(stage, 3)
        message = await check_takes(stage, 3)
        assert fault.hits == 1
        assert (message is asked.message) is (way != "post")
        assert list(message.buttons) == ["1", "2", "3", "Again", "Delete"]


async def test_takes_that_were_posted_before_a_kill_are_found_again(tmp_path):
    """The bot looks for the message before it posts again, in every place."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        await ordered(stage, takes=2)
        stage.wire.fail(*TOKEN_EDIT, status=404, code=10008, times=9)
        await made(stage, 2)
        message = await check_takes(stage, 2)
        takes = await stage.store.takes.of_group((await stage.store.jobs.get(1)).order.key)
        files = await stage.bot.pipeline.library.pack_takes(takes, 10**7)
        stage.wire.nonces.clear()
        found = await stage.bot.presenter.post_takes(takes, files, may_be_posted=True)
        assert found == message.id
        assert stage.wire.with_clips() == [message]


async def test_too_large_takes_are_repacked(tmp_path):
    """All of them, each with an equal share of the limit."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        await ordered(stage, takes=2, seconds=10.0)
        stage.wire.fail(*TOKEN_EDIT, with_files=True, status=413, code=40005)
        await made(stage, 2)
        (message,) = stage.wire.with_clips()
        refused = next(each for each in stage.wire.asked if each.status == 413)
        before = [len(data) for name, data in refused.files if name.startswith("zhiyin-")]
        assert max(len(file.data) for file in clips(message)) <= max(before) / 2
        assert await stage.used() == 20.0


async def test_undeliverable_takes_are_held(tmp_path):
    """Each can be fetched by itself, and none is charged."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        await ordered(stage, takes=2)
        stage.wire.fail(*TOKEN_EDIT, status=403, code=50001, times=9)
        stage.wire.refuse_in(stage.channel, 403, 50013)
        stage.alice.takes_dms = False
        jobs = await made(stage, 2)
        assert {job.state for job in jobs} == {JobState.HELD}
        assert stage.wire.with_clips() == []
        assert await stage.used() == 0
        assert len(await stage.store.clips.held_of(stage.alice.id, 5)) == 2
        assert await stage.store.check() == []


async def test_progress_never_overwrites_posted_takes(tmp_path):
    """An update on its way is awaited; it counts the finished takes."""
    async with open_stage(tmp_path, timings=quick(first_shown=0.01)) as stage:
        asked = await ordered(stage, takes=3)
        slow = stage.wire.fail(*TOKEN_EDIT, slow_seconds=1.0)
        await stage.wire.until(lambda: slow.hits)
        await made(stage, 3)
        await check_takes(stage, 3)
        assert asked.message.states[-1] == f"<@{stage.alice.id}>"
        assert any("of 3 takes ready" in state for state in asked.message.states)


async def test_a_second_message_of_takes_is_posted_once(tmp_path):
    """No take stays queued for ever."""
    limits = LimitsConfig(max_takes=5, waiting_per_user=5)
    config = replace(Config(), limits=limits)
    async with open_stage(tmp_path, timings=quick(), config=config) as stage:
        fault = stage.wire.fail(*POST, stored=True, status=500)
        await stage.music(takes=5)
        for number in range(1, 6):
            await stage.final_job(number)
        assert fault.hits == 1
        assert [len(clips(each)) for each in stage.channel.seen] == [3, 2]
        assert await stage.used() == 5.0
