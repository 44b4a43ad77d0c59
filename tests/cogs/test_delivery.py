"""Clips reach people although Discord refuses edits, messages and files."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from bot.domain.jobs import JobState
from tests.support.simulated_server import open_server
from tests.support.timings import quick


async def waiting(server, **options):
    """Ask for a clip that is not made yet."""
    server.pipeline.executor.paused = True
    return await server.alice.slash(server.channel, "music", prompt="90s rock", **options)


async def made(server):
    """Let it be made, and wait for the result."""
    server.pipeline.executor.paused = False
    await server.idle()


async def test_a_clip_arrives_after_the_token_has_expired(tmp_path):
    """After fifteen minutes the message is edited by its id."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:
        result = await waiting(server)
        server.clock.now += 16 * 60
        await made(server)
        assert result.response.attachments
        patched = [each for each in server.env.http_requests if each.method == "PATCH"]
        assert "/webhooks/" not in patched[-1].path
        assert await server.state() is JobState.DELIVERED


@pytest.mark.parametrize(("status", "code"), [(401, 50027), (404, 10015), (404, 10008)])
async def test_an_uneditable_message_is_posted_again(tmp_path, status, code):
    """The clip is sent anew if the token is refused or the message was deleted."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:
        await waiting(server)
        server.env.inject_error("PATCH", "/webhooks/*", status=status, code=code, times=50)
        await made(server)
        newest = server.messages()[-1]
        assert newest.attachments
        assert newest.content == f"<@{server.alice.id}>"
        assert await server.state() is JobState.DELIVERED
        assert await server.used() == 2


async def test_a_brief_outage_is_retried(tmp_path, monkeypatch):
    """After a server error the same message is edited again, so that there is only one."""
    async with open_server(tmp_path, timings=quick(first_shown=600.0, attempts=3)) as server:
        result = await waiting(server)
        server.env.inject_error("PATCH", "/webhooks/*", status=503, code=0, times=2)
        await made(server)
        assert result.response.attachments
        assert len(server.messages()) == 1


async def test_a_file_that_is_too_large_is_made_smaller(tmp_path, monkeypatch):
    """The clip is encoded with fewer bytes, never dropped silently."""
    async with open_server(tmp_path, timings=quick(first_shown=600.0, attempts=3)) as server:
        first = await server.music(seconds=10.0, seed=440)
        await waiting(server, seconds=10.0, seed=440)
        server.env.inject_error("PATCH", "/webhooks/*", status=413, code=40005, times=1)
        await made(server)
        before, after = (
            next(file["size"] for file in message.attachments if "zhiyin" in file["filename"])
            for message in server.messages()
        )
        assert after <= before // 2
        assert first.response is not None


async def test_without_send_permission_a_clip_comes_by_direct_message(tmp_path):
    """The permission was lost while the clip was being made."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:
        await waiting(server)
        server.env.inject_error("PATCH", "/webhooks/*", status=403, code=50013, times=50)
        path = f"/channels/{server.channel.id}/messages"
        server.env.inject_error("POST", path, status=403, code=50013, times=50)
        await made(server)
        assert await server.state() is JobState.DELIVERED
        (clip,) = await server.store.clips.of_user(server.alice.id, 1)
        assert clip.message_id not in {message.id for message in server.messages()}


async def test_an_undeliverable_clip_is_refunded(tmp_path):
    """If nothing can be sent anywhere, the clip is held and refunded."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:
        await waiting(server)
        server.env.inject_error("PATCH", "/webhooks/*", status=403, code=50001, times=50)
        server.env.inject_error("POST", "/channels/*/messages", status=403, code=50007, times=50)
        await made(server)
        assert await server.state() is JobState.HELD
        assert await server.used() == 0
        assert await server.store.check() == []


async def test_a_failed_progress_update_does_not_fail_the_job(tmp_path, monkeypatch):
    """The update is skipped; the clip is delivered."""
    async with open_server(tmp_path, timings=quick(first_shown=0.01, attempts=3)) as server:
        edit = server.bot.presenter._routes.edit
        failed = asyncio.Event()

        async def unreachable(job, message):
            if not failed.is_set():
                failed.set()
                raise aiohttp.ClientConnectionError
            return await edit(job, message)

        monkeypatch.setattr(server.bot.presenter._routes, "edit", unreachable)
        result = await waiting(server)
        async with asyncio.timeout(60):
            await failed.wait()
        await made(server)
        assert result.response.attachments
