"""Failure notices: delivered in every outage, and never twice."""

from __future__ import annotations

import pytest

from bot.domain.jobs import JobState
from tests.support.discord_wire.files import File
from tests.support.discord_wire.server import clips
from tests.support.discord_wire.stage import open_stage, shorten_pauses
from tests.support.timings import quick

TOKEN_EDIT = ("PATCH", "/webhooks/*")
EDIT = ("PATCH", "/channels/*/messages/*")
POST = ("POST", "/channels/*/messages")
WORDS = "can't be made"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    shorten_pauses(monkeypatch)


def words_in(place):
    return [each.content for each in place.seen if WORDS in each.content]


async def order_failing(stage):
    """Order a clip that can't be generated and is not started yet."""
    stage.bot.pipeline.executor.paused = True
    asked = await stage.music(prompt="fail")
    await stage.wait_for_queue(1)
    return asked


async def ended(stage):
    """Let it fail; return its job when its person was notified, or could not be."""
    stage.bot.pipeline.executor.paused = False
    job = await stage.final_job(1)
    await stage.bot.pipeline.idle()
    return job


@pytest.mark.parametrize("fault", [{"reset": True}, {"status": 503}, {"retry_after": 0.05}])
async def test_notices_are_retried_during_an_outage(tmp_path, fault):
    """As persistently as clips, in the same message, and once."""
    async with open_stage(tmp_path, timings=quick(first_shown=600.0)) as stage:
        asked = await order_failing(stage)
        met = stage.wire.fail(*TOKEN_EDIT, times=9, **fault)
        await ended(stage)
        assert met.hits == 9
        assert words_in(stage.channel) == [asked.message.content]
        assert not (await stage.store.jobs.get(1)).notice_pending


async def test_unsent_notices_are_sent_at_the_next_start(tmp_path):
    """By the token, which is kept until then; once, and not at later starts."""
    async with open_stage(tmp_path, timings=quick(first_shown=600.0, attempts=1)) as stage:
        asked = await order_failing(stage)
        troubles = [stage.wire.fail(*way, status=503, times=99) for way in (TOKEN_EDIT, EDIT, POST)]
        job = await ended(stage)
        assert (job.state, words_in(stage.channel)) == (JobState.FAILED, [])
        pending = await stage.store.jobs.get(1)
        assert pending.notice_pending and pending.message.token == asked.token
        assert await stage.used() == 0
        for trouble in troubles:
            trouble.times = 0
        for _ in range(2):
            stage.bot.pipeline.start(stage.bot.presenter)
            await stage.bot.pipeline.idle()
            assert words_in(stage.channel) == [asked.message.content]
        notified = await stage.store.jobs.get(1)
        assert not notified.notice_pending and notified.message.token is None
        assert len(asked.message.states) == 2
        assert await stage.store.check() == []


async def test_notices_can_be_sent_by_the_interaction_token(tmp_path):
    """Where the bot is no member, the token is the only way."""
    async with open_stage(tmp_path, timings=quick(first_shown=600.0)) as stage:
        asked = await order_failing(stage)
        stage.wire.refuse_in(stage.channel, 403, 50001)
        stage.alice.takes_dms = False
        await ended(stage)
        assert words_in(stage.channel) == [asked.message.content]


async def test_undeliverable_notices_are_not_retried_at_each_start(tmp_path):
    """A refusal is final: only outages are retried at the next start."""
    async with open_stage(tmp_path, timings=quick(first_shown=600.0)) as stage:
        await order_failing(stage)
        stage.clock.now += 16 * 60
        stage.wire.refuse_in(stage.channel, 403, 50013)
        stage.alice.takes_dms = False
        await ended(stage)
        assert not (await stage.store.jobs.get(1)).notice_pending
        before = len(stage.wire.asked)
        stage.bot.pipeline.start(stage.bot.presenter)
        await stage.bot.pipeline.idle()
        assert len(stage.wire.asked) == before


async def test_a_filtered_notice_is_sent_without_the_prompt(tmp_path):
    """The sentence itself has no words of the person's."""
    async with open_stage(tmp_path, timings=quick(first_shown=600.0)) as stage:
        asked = await order_failing(stage)
        stage.wire.fail(*TOKEN_EDIT, status=400, code=200000)
        await ended(stage)
        assert WORDS in asked.message.content
        assert "**fail**" not in asked.message.content


@pytest.mark.parametrize(
    ("where", "prompt", "others"),
    [
        ("channel", "rock", 120),
        ("channel", "fail", 0),
        ("direct messages", "rock", 0),
        ("direct messages", "fail", 120),
    ],
)
async def test_a_long_outage_posts_nothing_twice(tmp_path, where, prompt, others):
    """Discord stored it, reported a failure, and forgot the nonce before the retry.

    However many messages others have written since.
    """
    async with open_stage(tmp_path, timings=quick(first_shown=600.0)) as stage:
        stage.wire.nonce_seconds = 0.0
        stage.bot.pipeline.executor.paused = True
        asked = await stage.music(prompt=prompt)
        await stage.wait_for_queue(1)
        del stage.channel.messages[asked.message.id]
        place = stage.channel
        if where != "channel":
            place = stage.wire.dm_of(stage.alice)
            stage.wire.refuse_in(stage.channel, 403, 50013)
        path = f"/channels/{place.id}/messages"
        fault = stage.wire.fail("POST", path, stored=True, reset=True)
        fault.on_hit = lambda: [stage.wire.say(stage.bob, place, "hello") for _ in range(others)]
        await ended(stage)
        assert fault.hits == 1
        own = [each for each in place.seen if each.author is stage.wire.me]
        assert len(own) == 1
        assert bool(clips(own[0])) == (prompt == "rock")
        assert len([each for each in stage.wire.requests("POST", path) if each.path == path]) == 1
        assert await stage.store.check() == []


async def test_a_private_reason_waits_for_the_connection(tmp_path):
    """The refusal of an unusable file is delivered although the connection breaks."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        fault = stage.wire.fail("POST", "/webhooks/*", reset=True, times=3)
        asked = await stage.music(clip=File("song.mp3", b"no sound"))
        await stage.wire.until(lambda: asked.followups)
        assert fault.hits == 3
        assert len(asked.followups) == 1
