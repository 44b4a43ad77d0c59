"""How clips get to people where Discord at the wire is slow, full, strict or broken."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from bot.config import Config, LimitsConfig
from bot.demo.discord.rate_limits import Limit
from bot.domain.jobs import JobState
from tests.support.discord_wire.server import clips
from tests.support.discord_wire.stage import open_stage, shorten_pauses
from tests.support.timings import quick

TOKEN_EDIT = ("PATCH", "/webhooks/*")


EDIT = ("PATCH", "/channels/*/messages/*")


POST = ("POST", "/channels/*/messages")


# The ways to a person, in the order they are tried, with what fails before each.
WAYS = {"token": TOKEN_EDIT, "edit": EDIT, "post": POST}


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    shorten_pauses(monkeypatch)


async def ordered(stage, **options):
    """Order a clip that is not started yet; return the interaction."""
    stage.bot.pipeline.executor.paused = True
    asked = await stage.music(**options)
    await stage.wait_for_queue(1)
    return asked


def narrowed(stage, asked, way):
    """Leave only one way and those after it."""
    if way != "token":
        stage.clock.now += 16 * 60
    if way == "post":
        del stage.channel.messages[asked.message.id]


async def made(stage):
    """Let the clip be generated; return its job at the end."""
    stage.bot.pipeline.executor.paused = False
    return await stage.final_job(1)


async def check_one(stage, *, paid=1.0):
    """Check that one message has the clip, that the job names it, and that it is charged once."""
    (message,) = stage.wire.with_clips()
    assert len(clips(message)) == 1
    job = await stage.store.jobs.get(1)
    assert job.state is JobState.DELIVERED
    assert job.message.message_id == message.id
    assert await stage.used() == paid
    assert await stage.store.check() == []
    return message


def check_way(stage, asked, message, way):
    """Check that the clip is in the first message, or in a new one if that was deleted."""
    assert message.channel is stage.channel
    assert (message is asked.message) is (way != "post")


async def test_after_the_token_expired_a_message_is_edited_by_id(tmp_path):
    """After fifteen minutes the bot does not try the token any more."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        asked = await ordered(stage)
        stage.clock.now += 16 * 60
        before = len(stage.wire.asked)
        await made(stage)
        assert await check_one(stage) is asked.message
        assert not any(each.by_token for each in stage.wire.asked[before:])


async def test_a_refused_token_is_not_retried(tmp_path, monkeypatch):
    """Discord may revoke it early; ten thousand invalid requests ban a bot."""
    async with open_stage(tmp_path, timings=quick(first_shown=0.01)) as stage:
        await ordered(stage)
        stage.wire.expire_tokens()
        await stage.wire.until(lambda: any(each.status == 401 for each in stage.wire.asked))
        await made(stage)
        await check_one(stage)
        assert [each.code for each in stage.wire.asked if each.status == 401] == [50027]


async def test_a_refused_token_does_not_lose_the_clip(tmp_path):
    """The refusal of the clip itself is the first sign of it."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        stage.wire.fail(*TOKEN_EDIT, with_files=True, status=401, code=50027, times=100)
        await ordered(stage)
        await made(stage)
        await check_one(stage)
        assert stage.wire.faults[0].hits == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("is_plain", [False, True])
async def test_a_too_large_file_is_repacked(tmp_path, way, is_plain):
    """Discord answers 413 with JSON, its edge without."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        asked = await ordered(stage, seconds=10.0)
        narrowed(stage, asked, way)
        fault = stage.wire.fail(
            *WAYS[way], with_files=True, status=413, code=40005, is_plain=is_plain
        )
        await made(stage)
        message = await check_one(stage, paid=10.0)
        assert fault.hits == 1
        refused, taken = (
            next(len(data) for name, data in each.files if name.startswith("zhiyin-"))
            for each in stage.wire.asked
            if each.files and fault.is_about(each)
        )
        assert taken <= refused / 2
        assert len(clips(message)[0].data) == taken


async def test_a_lowered_upload_limit_is_respected(tmp_path):
    """A server that lost its boosts takes less: the clip is encoded smaller until it fits."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        await ordered(stage, seconds=10.0)
        stage.wire.upload_limit_bytes = 30_000
        await made(stage)
        message = await check_one(stage, paid=10.0)
        assert all(len(file.data) <= 30_000 for file in message.files)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_error_after_storing_posts_one_message(tmp_path, way, status):
    """The bot retries, and Discord recognizes the nonce."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        asked = await ordered(stage)
        narrowed(stage, asked, way)
        stage.wire.fail(*WAYS[way], with_files=True, stored=True, status=status)
        await made(stage)
        message = await check_one(stage)
        assert [each.status for each in stage.wire.asked if each.status >= 500] == [status]
        check_way(stage, asked, message, way)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stored", [True, False])
async def test_a_lost_connection_posts_one_message(tmp_path, way, stored):
    """A reset connection leaves open whether the message was stored."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        asked = await ordered(stage)
        narrowed(stage, asked, way)
        fault = stage.wire.fail(*WAYS[way], with_files=True, stored=stored, reset=True, times=2)
        await made(stage)
        message = await check_one(stage)
        # A message found in the channel is not sent again.
        assert fault.hits == (1 if stored and way == "post" else 2)
        check_way(stage, asked, message, way)


@pytest.mark.parametrize("way", WAYS)
async def test_delivery_is_retried_during_an_outage(tmp_path, way):
    """However often it fails: server errors do not make the bot try another way."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        asked = await ordered(stage)
        narrowed(stage, asked, way)
        times = 9 if way != "token" else 2
        fault = stage.wire.fail(*WAYS[way], with_files=True, status=503, times=times)
        await made(stage)
        message = await check_one(stage)
        assert len([each for each in stage.wire.asked if each.status == 503]) == times
        assert fault.hits == times
        check_way(stage, asked, message, way)


LIMITED = {
    "once": {"retry_after": 0.2},
    "globally": {"retry_after": 0.2, "is_global": True},
    # discord.py gives up after five.
    "for long": {"retry_after": 0.05, "times": 7},
    "by the edge": {"retry_after": 0.05, "times": 3, "is_plain": True},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("how", LIMITED)
async def test_rate_limits_are_respected(tmp_path, way, how):
    """A rate limit does not make the bot try another way, however long it lasts."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        asked = await ordered(stage)
        narrowed(stage, asked, way)
        fault = stage.wire.fail(*WAYS[way], with_files=True, **LIMITED[how])
        await made(stage)
        message = await check_one(stage)
        limited = [each for each in stage.wire.asked if each.status == 429]
        assert len(limited) == fault.hits == fault.times
        check_way(stage, asked, message, way)


async def test_many_clips_respect_a_channel_s_rate_limit(tmp_path):
    """Discord takes five edits at a time in a channel; the bot waits before it is refused."""
    config = replace(Config(), limits=LimitsConfig(waiting_per_server=100))
    # Only clips cause edits here: progress is not shown.
    timings = quick(first_shown=600.0)
    async with open_stage(tmp_path, config=config, people=12, timings=timings) as stage:
        stage.wire.buckets.limits["edit"] = Limit(5, 1.0)
        stage.bot.pipeline.executor.paused = True
        for person in stage.people:
            await stage.music(person)
        await stage.wait_for_queue(12)
        stage.clock.now += 16 * 60
        stage.bot.pipeline.executor.paused = False
        for job_id in range(1, 13):
            assert (await stage.final_job(job_id)).state is JobState.DELIVERED
        assert len(stage.wire.with_clips()) == 12
        # Each person waited long enough to be pinged once.
        calls = [each.mentions for each in stage.channel.seen if not clips(each)]
        assert all(len(each) == 1 for each in calls)
        assert len({person.id for (person,) in calls}) == len(calls)
        # discord.py may send one or two too many in a window, while several are on their way: then
        # they wait, and are sent once more. A window that refuses has accepted five.
        edits = [each for each in stage.wire.asked if each.request.method == "PATCH"]
        refused = [each for each in edits if each.status == 429]
        assert len({each.request.path for each in refused}) == len(refused)
        in_window: Counter[int] = Counter()
        accepted = 0
        for edit in edits:
            if edit.status == 429:
                in_window[accepted] += 1
            else:
                accepted += 1
        assert all(count <= 2 for count in in_window.values()), in_window


async def test_a_deleted_message_is_posted_again(tmp_path):
    """Error 10008: a new message in the same channel, which pings the person."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        asked = await ordered(stage)
        del stage.channel.messages[asked.message.id]
        await made(stage)
        message = await check_one(stage)
        assert message.channel is stage.channel
        assert message.content == f"<@{stage.alice.id}>"
        assert message.payload["allowed_mentions"]["users"] == [stage.alice.id]


async def test_if_the_channel_is_deleted_a_clip_comes_by_direct_message(tmp_path):
    """Error 10003."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        await ordered(stage)
        stage.channel.is_deleted = True
        await made(stage)
        assert (await check_one(stage)).channel is stage.wire.dm_of(stage.alice)


@pytest.mark.parametrize("refused", [(403, 50013), (403, 50001), (400, 50083)])
async def test_without_permission_a_clip_comes_by_direct_message(tmp_path, refused):
    """A lost permission and an archived thread: by direct message, once."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        await ordered(stage)
        stage.clock.now += 16 * 60
        stage.wire.refuse_in(stage.channel, *refused)
        fault = stage.wire.fail(*POST, with_files=True, stored=True, status=502)
        # The channel refuses before it stores anything: the fault is met by the direct message.
        fault.path = f"/channels/{stage.wire.dm_of(stage.alice).id}/messages"
        await made(stage)
        assert (await check_one(stage)).channel is stage.wire.dm_of(stage.alice)
        assert fault.hits == 1


async def test_a_valid_token_works_without_permission(tmp_path):
    """An interaction's token needs no permission in the channel."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        asked = await ordered(stage)
        stage.wire.refuse_in(stage.channel, 403, 50013)
        await made(stage)
        assert await check_one(stage) is asked.message


async def test_a_clip_that_cannot_be_delivered_anywhere_is_held_and_refunded(tmp_path):
    """Errors 50013 and 50007: nobody pays for a clip that never reached them."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        await ordered(stage)
        stage.clock.now += 16 * 60
        stage.wire.refuse_in(stage.channel, 403, 50013)
        stage.alice.takes_dms = False
        job = await made(stage)
        assert job.state is JobState.HELD
        assert stage.wire.with_clips() == []
        assert await stage.used() == 0
        assert await stage.store.check() == []
        assert len(await stage.store.clips.held_of(stage.alice.id, 5)) == 1


async def test_a_slow_answer_is_waited_for(tmp_path):
    """A progress update on its way can't overwrite the clip."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        asked = await ordered(stage)
        slow = stage.wire.fail(*TOKEN_EDIT, slow_seconds=1.5)
        await stage.wire.until(lambda: slow.hits)
        await made(stage)
        await check_one(stage)
        assert asked.message.states[-1] == f"<@{stage.alice.id}>"


async def test_a_prompt_blocked_by_automod_is_left_out(tmp_path):
    """The clip is delivered without its prompt, once and charged once."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        asked = await ordered(stage)
        stage.wire.fail(*TOKEN_EDIT, status=400, code=200000, with_files=True)
        await made(stage)
        await check_one(stage)
        (embed,) = asked.message.payload["embeds"]
        assert "held back" in embed["description"]


async def test_a_clip_that_was_posted_before_a_kill_is_found_again(tmp_path):
    """The bot was off longer than Discord keeps a nonce: it looks in the channel first."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        await ordered(stage)
        stage.wire.fail(*TOKEN_EDIT, status=404, code=10008, times=9)
        await made(stage)
        job = await stage.final_job(1)
        clip = await stage.store.clips.of_job(1)
        presenter = stage.bot.presenter
        posted = [each for each in stage.channel.seen if clips(each)]
        stage.wire.nonces.clear()
        posting = await stage.bot.pipeline.library.pack(clip, 10**7)
        found = await presenter.post(job, clip, posting, may_be_posted=True)
        assert [found] == [each.id for each in posted]
        assert len([each for each in stage.channel.seen if clips(each)]) == 1


async def test_a_clip_that_is_refunded_is_not_shown(tmp_path):
    """Discord stored it, broke off, then refused it as too large: the message is removed."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        asked = await ordered(stage)
        stage.wire.fail(*TOKEN_EDIT, reset=True, stored=True, with_files=True)
        stage.wire.fail(*TOKEN_EDIT, status=413, code=40005, times=9, with_files=True)
        job = await made(stage)
        assert job.state is JobState.FAILED
        assert clips(asked.message) == []
        assert "charged" in asked.message.content
        assert await stage.used() == 0
