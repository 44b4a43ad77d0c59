"""One person's trouble is not another's: crashes, long lines, doors that were closed."""

from __future__ import annotations

import asyncio

import pytest
import simcord.interactions

from bot.app.services.clips import NOT_HELD
from bot.domain.jobs import JobState
from bot.errors import Refused
from bot.pipeline.erasure import ON_ITS_WAY
from bot.store.retention import HELD_SECONDS, sweep
from cogs import delivery
from cogs.presentation import messages
from tests.support.jam_server import open_jam, strict


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    strict(monkeypatch)
    monkeypatch.setattr(delivery, "RETRY_SECONDS", (0.0, 0.0))


async def state(jam, job_id):
    return (await jam.store.jobs.get(job_id)).state


async def used(jam, who):
    return (await jam.store.ledger.quota(who.id, 600)).used_seconds


async def hold_one(jam):
    """Close every door, let a clip be made, and open them again."""
    await jam.alice.slash(jam.channel, "music", prompt="slowly")
    closed = [
        jam.env.inject_error("PATCH", "/webhooks/*", status=403, code=50001, times=1),
        jam.env.inject_error("POST", "/channels/*/messages", status=403, code=50007, times=4),
    ]
    jam.env.inject_error("PATCH", "/webhooks/*", status=403, code=50001, times=2)
    await jam.idle()
    assert await state(jam, 1) is JobState.HELD
    return closed


async def test_a_clip_that_ends_the_engine_takes_nobody_with_it(tmp_path):
    """Those beside it are made after all: the second time each is made alone."""
    async with open_jam(tmp_path) as jam:
        jam.pipeline.executor.paused = True
        crash = await jam.alice.slash(jam.channel, "music", prompt="crash")
        for who in (jam.bob, jam.owner):
            await who.slash(jam.channel, "music", prompt="slowly", takes=2)
        jam.pipeline.executor.paused = False
        await jam.idle()
        assert "stopped twice" in crash.response.content
        assert [bool(message.attachments) for message in jam.messages()] == [False] + 4 * [True]
        assert await used(jam, jam.alice) == 0
        assert await used(jam, jam.bob) == 20


async def test_who_is_beside_a_clip_that_is_stopped_by_force_is_not_to_blame(tmp_path):
    """The worker is ended because of another: no attempt is spent."""
    async with open_jam(tmp_path, cancel_seconds=0.2) as jam:
        await jam.alice.slash(jam.channel, "music", prompt="stubborn")
        await jam.bob.slash(jam.channel, "music", prompt="slow and long", seconds=30.0)
        async with asyncio.timeout(60):
            while jam.pipeline.executor.running < 2:
                await asyncio.sleep(0.01)
        assert await jam.pipeline.cancel(1)
        await jam.idle()
        second = await jam.store.jobs.get(2)
        assert (second.state, second.attempts) == (JobState.DELIVERED, 1)


async def test_a_clip_that_was_kept_back_can_be_fetched(tmp_path):
    """By the person who asked for it, from /history, once and for free."""
    async with open_jam(tmp_path) as jam:
        await hold_one(jam)
        listed = await jam.alice.slash(jam.channel, "history")
        assert str(messages.HELD) in listed.response.content
        stolen = await jam.bob.slash(jam.channel, "history")
        assert stolen.response.content == str(messages.NO_HISTORY)
        fetched = await jam.alice.click(listed.response, label="Get clip 1")
        await jam.env.settle()
        assert fetched.response.attachments
        again = await jam.alice.click(listed.response, label="Get clip 1")
        assert again.response.content == str(NOT_HELD)
        assert await used(jam, jam.alice) == 0
        assert await jam.store.check() == []
        more = await jam.alice.click(fetched.response, label="Again")
        await jam.idle()
        assert more.response.attachments


async def test_a_clip_that_nobody_fetches_is_kept_for_a_day(tmp_path):
    """Then its sound goes, and its button says so."""
    async with open_jam(tmp_path) as jam:
        await hold_one(jam)
        listed = await jam.alice.slash(jam.channel, "history")
        assert await sweep(jam.store, 30, jam.clock.now + HELD_SECONDS - 1) == 0
        assert await sweep(jam.store, 30, jam.clock.now + HELD_SECONDS + 1) == 1
        late = await jam.alice.click(listed.response, label="Get clip 1")
        assert late.response.content == str(NOT_HELD)


async def test_where_only_the_token_reaches_a_long_line_is_told_at_once(tmp_path, monkeypatch):
    """A clip that would come after a quarter of an hour could not be handed over there."""
    payload_of = simcord.interactions.base_payload

    def by_its_user(backend, *, user_id, guild_id, **rest):
        record, payload = payload_of(backend, user_id=user_id, guild_id=guild_id, **rest)
        payload["authorizing_integration_owners"] = {"1": str(user_id)}
        return record, payload

    async with open_jam(tmp_path) as jam:
        await jam.music()
        jam.pipeline.executor._eta.learn(at_once=8, work_seconds=100.0, sound_seconds=1.0)
        assert (await jam.music()).response.attachments
        monkeypatch.setattr(simcord.interactions, "base_payload", by_its_user)
        refused = await jam.music()
        assert "The line is about 17 min long" in refused.response.content
        assert await used(jam, jam.alice) == 20


async def test_without_a_model_nobody_gets_in_line(tmp_path):
    """The sentence says what is wrong; who waits already keeps their place and is told, too."""
    async with open_jam(tmp_path, engine="tests.support.scripted_worker:open_nothing") as jam:
        jam.pipeline.executor.settled.clear()
        first = await jam.alice.slash(jam.channel, "music", prompt="rock")
        async with asyncio.timeout(60):
            await jam.pipeline.executor.settled.wait()
            while "there is no model. Your place in line is kept." not in first.response.content:
                await jam.env.settle()
        refused = await jam.bob.slash(jam.channel, "music", prompt="rock")
        assert refused.response.content == "The script says that there is no model."
        await jam.alice.slash(jam.channel, "cancel")


async def test_few_files_are_listened_to_at_once(tmp_path):
    """Each is held in memory: two of one person, a dozen of all."""
    async with open_jam(tmp_path) as jam:
        line = jam.pipeline
        with line.uploads.reserve(1), line.uploads.reserve(1):
            with (
                pytest.raises(Refused, match="the files that you sent before"),
                line.uploads.reserve(1),
            ):
                pass
            held = [line.uploads.reserve(10 + n) for n in range(10)]
            for each in held:
                each.__enter__()
            with pytest.raises(Refused, match="Many people"), line.uploads.reserve(99):
                pass
            for each in held:
                each.__exit__(None, None, None)
            with line.uploads.reserve(99):
                pass


async def test_a_file_too_many_costs_nothing(tmp_path):
    """The person is told, the others see nothing of it."""
    async with open_jam(tmp_path) as jam:
        with jam.pipeline.uploads.reserve(jam.alice.id), jam.pipeline.uploads.reserve(jam.alice.id):
            result = await jam.music(clip=("a.mp3", b"anything"))
        assert "the files that you sent before" in result.followups[0].content
        assert await jam.store.jobs.get(1) is None


async def test_a_clip_that_is_on_its_way_is_not_handed_over_twice(tmp_path):
    """Two quick presses are one clip, and the second is told so; then it can be fetched."""
    async with open_jam(tmp_path) as jam:
        await hold_one(jam)
        listed = await jam.alice.slash(jam.channel, "history")
        with jam.pipeline.erasure.handing_over(1, jam.alice.id):
            second = await jam.alice.click(listed.response, label="Get clip 1")
        assert second.response.content == str(ON_ITS_WAY)
        first = await jam.alice.click(listed.response, label="Get clip 1")
        assert first.response.attachments
