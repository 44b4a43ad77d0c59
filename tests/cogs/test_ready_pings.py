"""Pings for people who waited long, by a message that notifies; and /settings."""

from __future__ import annotations

import aiohttp
import pytest

from bot.domain.jobs import JobState
from cogs.posting.ready_ping import WAITED_SECONDS
from tests.support.simulated_server import open_server


async def wait_for(server, seconds, **options):
    """Let alice order clips, and return once they are delivered after a given wait."""
    server.pipeline.executor.paused = True
    await server.alice.slash(server.channel, "music", prompt="90s rock", seconds=1.0, **options)
    server.clock.now += seconds
    server.pipeline.executor.paused = False
    await server.idle()


def calls_of(server):
    return [each for each in server.messages() if "ready: " in each.content]


async def test_a_person_who_waited_is_pinged(tmp_path):
    """The ping replies to the clip, links to it and mentions the person."""
    async with open_server(tmp_path) as server:
        await wait_for(server, WAITED_SECONDS + 1)
        (call,) = calls_of(server)
        clip = await server.store.clips.get(1)
        assert call.content.startswith(f"<@{server.alice.id}>")
        assert str(clip.message_id) in call.content
        assert call.id == server.newest(1)[0].id


async def test_a_short_wait_sends_no_ping(tmp_path):
    """The person is assumed to be still looking."""
    async with open_server(tmp_path) as server:
        await wait_for(server, WAITED_SECONDS - 10)
        assert calls_of(server) == []


async def test_several_takes_ping_once(tmp_path):
    """After the last of them is delivered."""
    async with open_server(tmp_path) as server:
        await wait_for(server, WAITED_SECONDS + 1, takes=3)
        assert len(calls_of(server)) == 1


async def test_pings_can_be_switched_off(tmp_path):
    """/settings switches them off and on again."""
    async with open_server(tmp_path) as server:
        answer = await server.alice.slash(server.channel, "settings", call=False)
        assert answer.response.ephemeral
        assert "I don't ping you" in answer.response.content
        await wait_for(server, WAITED_SECONDS + 1)
        assert calls_of(server) == []
        await server.alice.slash(server.channel, "settings", reset=True)
        await wait_for(server, WAITED_SECONDS + 1)
        assert len(calls_of(server)) == 1


async def test_a_failed_ping_is_harmless(tmp_path):
    """The clip is delivered and charged."""
    async with open_server(tmp_path) as server:
        server.env.inject_error("POST", "/channels/*/messages", status=403, code=50013, times=1)
        await wait_for(server, WAITED_SECONDS + 1)
        assert calls_of(server) == []
        assert await server.used() == 1.0


def break_pings(server, monkeypatch, error):
    """Let requests that post a ping raise an error; return those that did."""
    broken, send = [], server.bot.http.send_message

    async def send_message(channel_id, *, params):
        if str(params.payload.get("nonce", "")).startswith("call-"):
            broken.append(params)
            raise error
        return await send(channel_id, params=params)

    monkeypatch.setattr(server.bot.http, "send_message", send_message)
    return broken


@pytest.mark.parametrize("takes", [1, 3])
@pytest.mark.parametrize(
    "error", [aiohttp.ServerDisconnectedError(), TimeoutError(), OSError(), ValueError("defect")]
)
async def test_a_broken_connection_after_the_clip_is_harmless(
    tmp_path, monkeypatch, caplog, error, takes
):
    """The clip stays posted and is charged, whatever the ping raises; the log names its job."""
    async with open_server(tmp_path) as server:
        broken = break_pings(server, monkeypatch, error)
        with caplog.at_level("INFO"):
            await wait_for(server, WAITED_SECONDS + 1, takes=takes)
        assert len(broken) == 1
        for job_id in range(1, takes + 1):
            assert await server.state(job_id) is JobState.DELIVERED
        (message,) = server.messages()
        assert len([each for each in message.attachments if "zhiyin" in each["filename"]]) == takes
        assert await server.used() == takes
        assert any("id=1" in each.getMessage() for each in caplog.records if _is_of_ping(each))


@pytest.mark.parametrize("takes", [1, 3])
async def test_a_clip_is_settled_before_its_person_is_pinged(tmp_path, monkeypatch, takes):
    """Its buttons work, and a kill repeats nothing, however long Discord has the ping wait."""
    async with open_server(tmp_path) as server:
        settled, send = [], server.bot.http.send_message

        async def send_message(channel_id, *, params):
            if str(params.payload.get("nonce", "")).startswith("call-"):
                settled.append((await server.state(takes), await server.used()))
            return await send(channel_id, params=params)

        monkeypatch.setattr(server.bot.http, "send_message", send_message)
        await wait_for(server, WAITED_SECONDS + 1, takes=takes)
        assert settled == [(JobState.DELIVERED, takes)]


def _is_of_ping(record):
    return record.getMessage().startswith(("job.not_pinged", "job.not_followed_up"))


@pytest.mark.parametrize("given", [None, 3.0])
async def test_the_preferred_length_is_used(tmp_path, given):
    """Unless the command has a length; other people's default is unchanged."""
    async with open_server(tmp_path) as server:
        answer = await server.alice.slash(server.channel, "settings", seconds=4.0)
        assert "4 s long" in answer.response.content
        options = {} if given is None else {"seconds": given}
        await server.music(**options)
        assert (await server.store.jobs.get(1)).order.seconds == (given or 4.0)
        await server.music(server.bob)
        assert (await server.store.jobs.get(2)).order.seconds == 2.0
