"""The gateway at the wire: lost sessions, refused tokens and intents."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import deque

import discord
import pytest

from bot.demo.discord.gateway import Intent, Session
from bot.domain.jobs import JobState
from tests.support.discord_wire.files import File
from tests.support.discord_wire.proxy import open_proxy
from tests.support.discord_wire.server import TOKEN, clips, open_wire
from tests.support.discord_wire.stage import open_stage, shorten_pauses
from tests.support.sound_files import as_file, noise
from tests.support.timings import quick


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    shorten_pauses(monkeypatch)

    async def at_once(*args, **options):
        """Replace the five seconds that discord.py waits before it identifies again."""

    monkeypatch.setattr(discord.Client, "before_identify_hook", at_once)


@pytest.mark.parametrize("how", ["cut", "closed", "asked"])
async def test_jobs_continue_without_the_gateway(tmp_path, how):
    """Clips are delivered meanwhile; missed events are handled after the resume."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        gateway = stage.wire.gateway
        asked = await stage.music(prompt="slow rock")
        gateway.open.clear()
        if how == "asked":
            await gateway.ask_to_reconnect()
            await stage.wire.until(lambda: gateway.session.socket is None)
        else:
            await gateway.drop(None if how == "cut" else 4000)
        assert (await stage.final_job(1)).state is JobState.DELIVERED
        assert len(clips(asked.message)) == 1
        later = await stage.wire.send_slash(stage.bob, stage.channel, "music", prompt="jazz")
        assert later.answered_at is None
        gateway.open.set()
        await stage.final_job(2)
        assert len(clips(later.message)) == 1
        assert (gateway.identified, gateway.resumed) == (1, 1)


async def test_an_invalid_session_is_replaced(tmp_path):
    """The bot identifies again, keeps its jobs and takes new orders."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        gateway, first = stage.wire.gateway, stage.wire.gateway.session
        asked = await stage.music(prompt="slow rock")
        await gateway.invalidate()
        await stage.wire.until(lambda: gateway.session is not first)
        await stage.music(stage.bob)
        assert (await stage.final_job(2)).state is JobState.DELIVERED
        assert (await stage.final_job(1)).state is JobState.DELIVERED
        assert len(clips(asked.message)) == 1
        assert gateway.identified == 2
        assert await stage.used() == 1.0


async def test_a_resume_that_is_refused_ends_in_a_new_session(tmp_path):
    """Discord may have forgotten the broken session."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        gateway = stage.wire.gateway
        gateway.session.is_valid = False
        await gateway.drop()
        await stage.wire.until(lambda: gateway.identified == 2)
        await stage.music()
        assert (await stage.final_job(1)).state is JobState.DELIVERED


async def test_a_session_buffers_missed_events():
    """Only the latest events; a client that missed more needs a new session."""
    session = Session(Intent.NONE, events=deque(maxlen=3))
    for number in range(5):
        session.events.append(("TYPING_START", number))
        session.number += 1
    assert [session.keeps(heard) for heard in range(7)] == [False] * 2 + [True] * 4 + [False]


async def test_jobs_survive_a_revoked_token(tmp_path):
    """Queued jobs continue at the next start, and are charged once."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        stage.bot.pipeline.executor.paused = True
        await stage.music(prompt="slow rock", seconds=20.0)
        await stage.wait_for_queue(1)
        stage.wire.gateway.closes_with = 4004
        stage.wire.gateway.session.is_valid = False
        await stage.wire.gateway.drop()
        await stage.wire.until(lambda: stage.wire.gateway.refused == 2)
        with pytest.raises(discord.ConnectionClosed):
            await asyncio.wait_for(asyncio.shield(stage.connection), 60)
        assert [job.id for job in await stage.store.jobs.unfinished()] == [1]
        assert await stage.used() == 20.0


UNREADABLE = [
    ("MESSAGE_CREATE", {"id": "not a number"}),
    ("INTERACTION_CREATE", {"type": 2}),
    ("GUILD_UPDATE", None),
    ("CHANNEL_UPDATE", []),
]


async def test_events_that_cannot_be_read_are_skipped(tmp_path, caplog):
    """An unknown event is logged, and the next one is handled."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        gateway = stage.wire.gateway
        for event, data in UNREADABLE:
            await gateway.dispatch(event, data)
        await stage.music()
        assert (await stage.final_job(1)).state is JobState.DELIVERED
        assert (gateway.identified, gateway.resumed) == (1, 0)
    for event, _ in UNREADABLE:
        assert f"discord.unreadable_event event={event}" in caplog.text


@pytest.mark.parametrize("frame", ["no JSON", "[1, 2]", '{"op": 10, "d": {}}'])
async def test_the_bot_reconnects_after_an_unreadable_frame(tmp_path, frame):
    """Orders from before and after the reconnect are made."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        gateway, first = stage.wire.gateway, stage.wire.gateway.session
        asked = await stage.music(prompt="slow rock")
        await first.socket.send_str(frame)
        await stage.wire.until(lambda: gateway.session is not first)
        await stage.music(stage.bob)
        for number in (1, 2):
            assert (await stage.final_job(number)).state is JobState.DELIVERED
        assert len(clips(asked.message)) == 1


RUN = """
import functools, sys
from bot.app import serve
from bot.cli.app import main
from bot.app.discord_address import point_discord_at

engine = "tests.support.scripted_worker:open_engine"
serve.open_pipeline = functools.partial(serve.open_pipeline, engine=engine)
with point_discord_at(sys.argv[1]):
    sys.exit(main(["run"]))
"""


async def ran(base, folder):
    """Run `zhiyin run` on this Discord; return its exit code and output."""

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
async def test_an_unknown_token_gives_one_sentence(tmp_path, where):
    """At the login or later: exit code 1, with a sentence on what to do."""
    async with open_wire() as wire:
        if where == "login":
            wire.token = "another one"
        wire.gateway.closes_with = 4004
        done = await ran(wire.base, tmp_path)
    sentence = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert sentence.startswith("zhiyin: Discord does not know this token")
    # This was no crash: the next start does not back off.
    memory = json.loads((tmp_path / "zhiyin" / "zhiyin.crashes.json").read_text())
    assert (memory["running_pid"], memory["crashed_at"]) == (None, [])
    assert "Traceback" not in done.stderr
    assert TOKEN not in done.stderr


async def test_a_disallowed_intent_gives_one_sentence(tmp_path):
    """Close code 4014: exit code 1, and where to enable the intent."""
    async with open_wire() as wire:
        wire.gateway.closes_with = 4014
        done = await ran(wire.base, tmp_path)
    sentence = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert sentence.startswith("zhiyin: ")
    assert "intent" in sentence
    assert "this should not have happened" not in sentence
    assert "Traceback" not in done.stderr


async def test_all_traffic_uses_the_proxy(tmp_path):
    """Login, gateway, answers and files: only the proxy resolves Discord's name."""
    async with open_stage(tmp_path, timings=quick(), through=open_proxy) as stage:
        asked = await stage.music(clip=File("a.wav", as_file(noise(2.0))))
        assert (await stage.final_job(1)).state is JobState.DELIVERED
        assert len(clips(asked.message)) == 1
