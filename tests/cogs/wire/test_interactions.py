"""Interactions at the wire: many people, late, lost and repeated answers."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import replace

import discord
import pytest

from bot.config import Config, LimitsConfig
from bot.demo.discord.rate_limits import Limit
from bot.demo.discord.state import ACK_SECONDS
from bot.domain.jobs import JobState
from cogs.presentation import messages
from tests.support.discord_wire.server import PATIENCE_SECONDS, clips
from tests.support.discord_wire.stage import open_stage, shorten_pauses
from tests.support.timings import quick

CALLBACK = "/interactions/*/*/callback"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    shorten_pauses(monkeypatch)

    async def at_once(*args, **options):
        """Replace the five seconds that discord.py waits before it identifies again."""

    monkeypatch.setattr(discord.Client, "before_identify_hook", at_once)


def in_ms(seconds):
    return f"{1000 * seconds:.0f} ms"


async def test_fifty_concurrent_interactions_are_served(tmp_path, monkeypatch):
    """Each is acknowledged in time, gets one clip and pays once, despite rate limits."""
    limits = LimitsConfig(waiting_per_server=100, waiting=200)
    config = replace(Config(), limits=limits)
    async with open_stage(
        tmp_path, config=config, people=50, timings=quick(first_shown=0.05)
    ) as stage:
        wire = stage.wire
        # This limit is in no header, so that the bot runs into it with half of the clips.
        wire.buckets.limits["webhook"] = Limit(1, 1.0, announced=False)
        limited = wire.fail("PATCH", "/webhooks/*", with_files=True, times=25, retry_after=0.2)
        # Processor time, of the bot and of this Discord, which waits for nothing else.
        begun = time.process_time()
        answers = await asyncio.gather(*(stage.music(person) for person in stage.people))
        worked_seconds = time.process_time() - begun
        for job_id in range(1, 51):
            assert (await stage.final_job(job_id)).state is JobState.DELIVERED
        times = sorted(each.seconds for each in answers)
        print(
            f"50 at once: acknowledged after {in_ms(statistics.median(times))} (median), "
            f"{in_ms(times[48])} (p99: the second slowest), {in_ms(times[-1])} (slowest), "
            f"{in_ms(worked_seconds)} of processor time for all"
        )
        assert worked_seconds < ACK_SECONDS
        assert [each.tries for each in answers] == [1] * 50
        assert [len(clips(each.message)) for each in answers] == [1] * 50
        assert len(stage.channel.messages) == 50
        assert [await stage.used(person) for person in stage.people] == [1.0] * 50
        assert await stage.store.check() == []
        assert limited.hits == 25


@pytest.mark.parametrize(("status", "code"), [(404, 10062), (400, 40060), (403, 50013)])
async def test_a_refused_response_creates_no_order(tmp_path, status, code):
    """Nobody pays for an order whose answer never appeared; the next person is served."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        refused = stage.wire.new_slash(stage.alice, stage.channel, "music", prompt="rock")
        path = f"/interactions/{refused.id}/*/callback"
        fault = stage.wire.fail("POST", path, status=status, code=code, times=100)
        await stage.wire.send(refused)
        await stage.wire.until(lambda: fault.hits)
        await stage.music(stage.bob)
        job = await stage.final_job(1)
        assert job.order.origin.user_id == stage.bob.id
        assert refused.message is None
        assert await stage.used(stage.alice) == 0


async def test_a_late_response_creates_no_order(tmp_path):
    """After three seconds Discord does not know the interaction any more."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        stage.wire.ack_seconds = 0.0
        late = await stage.wire.send_slash(stage.alice, stage.channel, "music", prompt="rock")
        await stage.wire.until(lambda: late.tries)
        stage.wire.ack_seconds = PATIENCE_SECONDS
        await stage.music(stage.bob)
        assert (await stage.final_job(1)).order.origin.user_id == stage.bob.id
        assert late.message is None
        assert await stage.used(stage.alice) == 0


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"reset": True}])
async def test_a_response_reported_as_failed_is_removed(tmp_path, fault):
    """Discord stored it and reported a failure: it becomes a clip, or is deleted."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        stage.wire.fail("POST", CALLBACK, stored=True, **fault)
        asked = await stage.music()
        await stage.final_job(1)
        await stage.music(stage.bob)
        await stage.final_job(2)
        await stage.bot.pipeline.idle()
        stuck = [each for each in stage.channel.seen if each.content == str(messages.IN_LINE)]
        assert stuck == []
        assert await stage.used(stage.alice) == len(clips(asked.message))


@pytest.mark.parametrize("is_done", [True, False])
async def test_a_replayed_interaction_is_one_clip(tmp_path, is_done):
    """A resume may replay events; the first answer and the clip stay."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        gateway = stage.wire.gateway
        asked = await stage.music(prompt="rock" if is_done else "slow rock")
        if is_done:
            await stage.final_job(1)
        # All but READY and the server itself.
        gateway.repeats = len(gateway.session.events) - 2
        await gateway.drop()
        await stage.wire.until(lambda: gateway.resumed == 1)
        # What is told after it is heard after it.
        await stage.music(stage.bob)
        assert (await stage.final_job(2)).order.origin.user_id == stage.bob.id
        await stage.final_job(1)
        assert len(clips(asked.message)) == 1
        assert len(stage.channel.messages) == 2
        assert await stage.used(stage.alice) == 1.0


async def test_a_replayed_mention_is_one_clip(tmp_path):
    """A replayed message is answered once, with one clip."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        gateway = stage.wire.gateway
        first = await stage.music()
        await stage.final_job(1)
        known = len(gateway.session.events)
        await stage.wire.write(stage.bob, stage.channel, "make it jazz", reply_to=first.message)
        await stage.final_job(2)
        gateway.repeats = len(gateway.session.events) - known
        await gateway.drop()
        await stage.wire.until(lambda: gateway.resumed == 1)
        # What is told after it is heard after it.
        await stage.music()
        await stage.final_job(3)
        assert [len(clips(each)) for each in stage.channel.seen if each.author.is_bot] == [1, 1, 1]
        assert await stage.used(stage.bob) == 10.0
