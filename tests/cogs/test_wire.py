"""The real bot against a Discord at the wire: many people, late and lost answers, the gateway."""

from __future__ import annotations

import asyncio
import io
import os
import statistics
import subprocess
import sys
from dataclasses import replace

import discord
import numpy as np
import pytest
import soundfile

from bot.config import Config, LimitsConfig
from bot.domain.jobs import JobState
from cogs.presentation import messages
from tests.support.discord_wire.faults import Limit
from tests.support.discord_wire.files import File
from tests.support.discord_wire.server import TOKEN, open_wire
from tests.support.discord_wire.stage import impatient, open_stage
from tests.support.timings import quick

CALLBACK = "/interactions/*/*/callback"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    impatient(monkeypatch)

    async def at_once(*args, **options):
        """Stand in for the five seconds that discord.py waits before it identifies again."""

    monkeypatch.setattr(discord.Client, "before_identify_hook", at_once)


def in_ms(seconds):
    return f"{1000 * seconds:.0f} ms"


async def test_fifty_people_at_once(tmp_path, monkeypatch):
    """Each is acknowledged in time, gets one clip and pays once, though Discord says slow down."""
    limits = LimitsConfig(waiting_per_server=100, waiting=200)
    config = replace(Config(), limits=limits)
    async with open_stage(
        tmp_path, config=config, people=50, timings=quick(first_shown=0.05)
    ) as stage:
        wire = stage.wire
        # Of this limit nobody is told, so that the bot runs into it; half of the clips always do.
        wire.buckets.limits["webhook"] = Limit(1, 1.0, announced=False)
        limited = wire.fail("PATCH", "/webhooks/*", with_files=True, times=25, retry_after=0.2)
        answers = await asyncio.gather(*(stage.music(person) for person in stage.people))
        for job_id in range(1, 51):
            assert (await stage.settled(job_id)).state is JobState.DELIVERED
        times = sorted(each.seconds for each in answers)
        print(
            f"50 at once: acknowledged after {in_ms(statistics.median(times))} (median), "
            f"{in_ms(times[48])} (p99: the second slowest), {in_ms(times[-1])} (slowest)"
        )
        assert times[-1] < wire.ack_seconds
        assert [len(each.message.clips) for each in answers] == [1] * 50
        assert len(stage.channel.messages) == 50
        assert [await stage.used(person) for person in stage.people] == [1.0] * 50
        assert await stage.store.check() == []
        assert limited.hits == 25


@pytest.mark.parametrize(("status", "code"), [(404, 10062), (400, 40060), (403, 50013)])
async def test_an_answer_that_is_refused_is_no_order(tmp_path, status, code):
    """Who never saw the answer does not pay, and the next person is served."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        refused = stage.wire.new_slash(stage.alice, stage.channel, "music", prompt="rock")
        path = f"/interactions/{refused.id}/*/callback"
        fault = stage.wire.fail("POST", path, status=status, code=code, times=100)
        await stage.wire.send(refused)
        await stage.wire.until(lambda: fault.hits)
        await stage.music(stage.bob)
        job = await stage.settled(1)
        assert job.order.origin.user_id == stage.bob.id
        assert refused.message is None
        assert await stage.used(stage.alice) == 0


async def test_an_answer_that_is_late_is_no_order(tmp_path):
    """After three seconds Discord does not know the interaction any more."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        stage.wire.ack_seconds = 0.0
        late = await stage.wire.send_slash(stage.alice, stage.channel, "music", prompt="rock")
        await stage.wire.until(lambda: late.tries)
        stage.wire.ack_seconds = 3.0
        await stage.music(stage.bob)
        assert (await stage.settled(1)).order.origin.user_id == stage.bob.id
        assert late.message is None
        assert await stage.used(stage.alice) == 0


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"reset": True}])
async def test_an_answer_that_arrived_all_the_same_does_not_stay_for_ever(tmp_path, fault):
    """Discord shows it, and the bot is told that it failed: a clip comes, or it is taken back."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        stage.wire.fail("POST", CALLBACK, stored=True, **fault)
        asked = await stage.music()
        await stage.settled(1)
        await stage.music(stage.bob)
        await stage.settled(2)
        await stage.bot.pipeline.idle()
        stuck = [each for each in stage.channel.seen if each.content == str(messages.IN_LINE)]
        assert stuck == []
        assert await stage.used(stage.alice) == len(asked.message.clips)


@pytest.mark.parametrize("is_done", [True, False])
async def test_a_replayed_interaction_is_one_clip(tmp_path, is_done):
    """A resume may tell of what was heard before; the first answer and the clip stay."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        gateway = stage.wire.gateway
        asked = await stage.music(prompt="rock" if is_done else "slow rock")
        if is_done:
            await stage.settled(1)
        # All but READY and the server itself.
        gateway.repeats = len(gateway.session.events) - 2
        await gateway.drop()
        await stage.wire.until(lambda: gateway.resumed == 1)
        # What is told after it is heard after it.
        await stage.music(stage.bob)
        assert (await stage.settled(2)).order.origin.user_id == stage.bob.id
        await stage.settled(1)
        assert len(asked.message.clips) == 1
        assert len(stage.channel.messages) == 2
        assert await stage.used(stage.alice) == 1.0


async def test_a_replayed_mention_is_one_clip(tmp_path):
    """A message that is told of twice is answered with one message that ends in a clip."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        gateway = stage.wire.gateway
        first = await stage.music()
        await stage.settled(1)
        known = len(gateway.session.events)
        await stage.wire.write(stage.bob, stage.channel, "make it jazz", reply_to=first.message)
        await stage.settled(2)
        gateway.repeats = len(gateway.session.events) - known
        await gateway.drop()
        await stage.wire.until(lambda: gateway.resumed == 1)
        # What is told after it is heard after it.
        await stage.music()
        await stage.settled(3)
        assert [len(each.clips) for each in stage.channel.seen if each.author.is_bot] == [1, 1, 1]
        assert await stage.used(stage.bob) == 10.0


@pytest.mark.parametrize("how", ["cut", "closed", "asked"])
async def test_jobs_go_on_while_the_gateway_is_gone(tmp_path, how):
    """Clips arrive meanwhile; what people did meanwhile is heard after the resume."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        gateway = stage.wire.gateway
        asked = await stage.music(prompt="slow rock")
        gateway.open.clear()
        if how == "asked":
            await gateway.ask_to_reconnect()
            await stage.wire.until(lambda: gateway.session.socket is None)
        else:
            await gateway.drop(None if how == "cut" else 4000)
        assert (await stage.settled(1)).state is JobState.DELIVERED
        assert len(asked.message.clips) == 1
        later = await stage.wire.send_slash(stage.bob, stage.channel, "music", prompt="jazz")
        assert later.answered_at is None
        gateway.open.set()
        await stage.settled(2)
        assert len(later.message.clips) == 1
        assert (gateway.identified, gateway.resumed) == (1, 1)


async def test_a_session_that_is_over_is_begun_anew(tmp_path):
    """The bot identifies once more, keeps what it was making and hears new orders."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        gateway, first = stage.wire.gateway, stage.wire.gateway.session
        asked = await stage.music(prompt="slow rock")
        await gateway.invalidate()
        await stage.wire.until(lambda: gateway.session is not first)
        await stage.music(stage.bob)
        assert (await stage.settled(2)).state is JobState.DELIVERED
        assert (await stage.settled(1)).state is JobState.DELIVERED
        assert len(asked.message.clips) == 1
        assert gateway.identified == 2
        assert await stage.used() == 1.0


async def test_a_resume_that_is_refused_ends_in_a_new_session(tmp_path):
    """Discord may have forgotten the session that broke."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        gateway = stage.wire.gateway
        gateway.session.is_valid = False
        await gateway.drop()
        await stage.wire.until(lambda: gateway.identified == 2)
        await stage.music()
        assert (await stage.settled(1)).state is JobState.DELIVERED


async def test_jobs_stay_when_the_token_is_taken_back(tmp_path):
    """What was in line when Discord shut the door is there for the next start, paid once."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        await stage.music(prompt="slow rock", seconds=20.0)
        await stage.in_line(1)
        stage.wire.gateway.closes_with = 4004
        stage.wire.gateway.session.is_valid = False
        await stage.wire.gateway.drop()
        await stage.wire.until(lambda: stage.wire.gateway.refused == 2)
        with pytest.raises(discord.ConnectionClosed):
            await asyncio.wait_for(asyncio.shield(stage.connection), 20)
        assert (await stage.store.jobs.get(1)).state is JobState.QUEUED
        assert await stage.used() == 20.0


RUN = """
import functools, sys
from bot.app import serve
from bot.cli.app import main
from tests.support.discord_wire.server import pointed_at

engine = "tests.support.scripted_worker:open_engine"
serve.open_pipeline = functools.partial(serve.open_pipeline, engine=engine)
with pointed_at(sys.argv[1]):
    sys.exit(main(["run"]))
"""


async def ran(base, folder):
    """Start `zhiyin run` as its owner does, on this Discord; return what it ended with."""

    def start():
        return subprocess.run(
            [sys.executable, "-c", RUN, base],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
            env=os.environ
            | {"XDG_DATA_HOME": str(folder), "PYTHONPATH": os.getcwd(), "ZHIYIN_TOKEN": TOKEN},
        )

    return await asyncio.to_thread(start)


@pytest.mark.parametrize("where", ["login", "gateway"])
async def test_a_token_that_discord_does_not_know_is_one_sentence(tmp_path, where):
    """At the login or later, when it was reset: exit code 1, and what to do about it."""
    async with open_wire() as wire:
        if where == "login":
            wire.token = "another one"
        wire.gateway.closes_with = 4004
        done = await ran(wire.base, tmp_path)
    said = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert said.startswith("zhiyin: Discord does not know this token")
    assert "Traceback" not in done.stderr
    assert TOKEN not in done.stderr


async def test_an_intent_that_is_not_granted_is_one_sentence(tmp_path):
    """Close code 4014: exit code 1, and where it can be switched on."""
    async with open_wire() as wire:
        wire.gateway.closes_with = 4014
        done = await ran(wire.base, tmp_path)
    said = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert said.startswith("zhiyin: ")
    assert "intent" in said
    assert "this should not have happened" not in said
    assert "Traceback" not in done.stderr


def sound():
    file = io.BytesIO()
    soundfile.write(file, 0.1 * np.sin(np.arange(32_000) / 10), 32_000, format="WAV")
    return file.getvalue()


async def test_a_file_is_fetched_and_heard(tmp_path):
    """From the address that Discord gave, once."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        file = File("a.wav", sound())
        asked = await stage.music(clip=file)
        assert (await stage.settled(1)).state is JobState.DELIVERED
        assert file.fetched == 1
        assert len(asked.message.clips) == 1


LIES = {
    "endless": {"declared_bytes": 9 * 2**20, "endless_bytes": 64 * 2**20},
    "cut": {"cut_after": 10_000},
    "forbidden": {"status": 403},
    "gone": {"status": 404},
    "broken": {"status": 500},
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_file_that_can_not_be_fetched_is_one_sentence(tmp_path, lie, caplog):
    """Its sender is told what is wrong, alone; nothing is charged, and little of it is read."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        file = File("a.wav", sound(), **LIES[lie])
        asked = await stage.music(clip=file)
        (told,) = await stage.wire.until(lambda: asked.followups)
        await stage.bot.pipeline.idle()
        assert told.is_ephemeral
        assert stage.channel.seen == []
        assert await stage.store.jobs.get(1) is None
        assert await stage.used() == 0
        assert file.sent_bytes < 32 * 2**20
        # It is no defect of the bot's, so nothing is "written down".
        assert told.content != str(messages.UNEXPECTED)
        assert "interaction.failed" not in caplog.text
