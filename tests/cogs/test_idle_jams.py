"""Jams in which nobody plays any more: they close, with a mixdown if that can be had."""

from __future__ import annotations

from asyncio import Event, timeout

from bot.domain.jams import JamState
from bot.domain.jobs import JobState
from bot.jams.rounds import HOLD_SECONDS, IDLE_SECONDS
from bot.pipeline.timings import Timings
from bot.store.retention import sweep
from tests.support.jam_session import start_session
from tests.support.simulated_server import open_server

AT_ONCE = Timings(card_every_seconds=0.0)


async def test_an_idle_jam_closes_with_a_mixdown(tmp_path):
    """After days without a turn, even if the starter has left the server."""
    async with open_server(tmp_path, timings=AT_ONCE) as server:
        session = await start_session(server)
        await session.play(server.bob)
        server.clock.now += IDLE_SECONDS
        await session.settle()
        await session.settle()
        snapshot = await session.snapshot()
        assert snapshot.jam.state is JamState.CLOSED
        mixdown = await server.store.clips.of_job(snapshot.jam.mix_job_id)
        assert (await server.store.jobs.get(mixdown.job_id)).state is JobState.DELIVERED
        assert mixdown.message_id in session.messages()
        # If a mixdown is impossible, it is tried once, and the jam closed without it.
        session = await start_session(server)
        await session.play(server.bob)
        (server.store.clips_folder / (await session.snapshot()).head.file).unlink()
        for state in (JamState.OPEN, JamState.CLOSED):
            server.clock.now += IDLE_SECONDS
            await session.settle()
            await session.settle()
            assert (await session.snapshot()).jam.state is state
        assert (await session.snapshot()).jam.mix_job_id is None


async def test_a_jam_due_during_a_drain_gets_its_mixdown_afterwards(tmp_path):
    """What passes postpones the end; what lasts, as a block, closes the jam without a mixdown."""
    async with open_server(tmp_path, timings=AT_ONCE) as server:
        progress = server.bot.get_cog("JamSessions").progress
        session = await start_session(server)
        await session.play(server.alice)
        await server.bot.service.operations.set_draining(True)
        server.clock.now += IDLE_SECONDS
        assert not await progress.run_due()
        assert (await session.snapshot()).jam.state is JamState.OPEN
        await server.bot.service.operations.set_draining(False)
        await session.settle()
        await session.settle()
        closed = (await session.snapshot()).jam
        assert closed.state is JamState.CLOSED
        assert closed.mix_job_id is not None
        session = await start_session(server)
        await session.play(server.alice)
        await server.bot.service.guilds.block(server.guild.id, server.alice.id)
        server.clock.now += IDLE_SECONDS
        assert await progress.run_due()
        closed = (await session.snapshot()).jam
        assert (closed.state, closed.mix_job_id) == (JamState.CLOSED, None)


async def test_a_blocked_starter_s_jam_gets_its_mixdown_from_another_player(tmp_path):
    """An idle jam is not lost to the others who played."""
    async with open_server(tmp_path, timings=AT_ONCE) as server:
        session = await start_session(server)
        await session.play(server.bob)
        await server.bot.service.guilds.block(server.guild.id, server.alice.id)
        server.clock.now += IDLE_SECONDS
        await session.settle()
        await session.settle()
        closed = (await session.snapshot()).jam
        assert closed.state is JamState.CLOSED
        mixdown = await server.store.clips.of_job(closed.mix_job_id)
        assert mixdown.origin.user_id == server.bob.id


async def test_a_closed_jam_tells_who_played_when_its_clips_have_expired(tmp_path):
    """Its posts stay as they are; when one has to change, it still counts the turns."""
    async with open_server(tmp_path, timings=AT_ONCE) as server:
        session = await start_session(server)
        for who in (server.alice, server.bob):
            await session.play(who)
        await session.press(server.alice, "Close")
        announced = server.env.backend.messages[server.channel.id][session.thread.id]
        before = [(await session.card()).embeds, announced.embeds]
        assert "2 turns by 2 people" in announced.embeds[0]["description"]
        server.clock.now += 31 * 86_400
        await sweep(server.store, 30, server.clock.now)
        assert (await session.snapshot()).head is None
        assert await server.store.jams.unfinished() == []
        await session.settle()
        assert [(await session.card()).embeds, announced.embeds] == before
        await server.bot.service.people.delete(server.bob.id)
        await session.settle()
        description = (await session.card()).embeds[0]["description"]
        assert "2 turns by 2 people" in description
        assert f"<@{server.bob.id}>" not in description
        assert await session.labels() == []


async def test_a_thread_that_does_not_answer_holds_up_no_other_jam(tmp_path, monkeypatch):
    """Its own card follows as soon as Discord answers again."""
    async with open_server(tmp_path, timings=AT_ONCE) as server:
        slow, other = [await start_session(server, title=title) for title in ("slow", "other")]
        request, (asked, answered, shown) = server.bot.http.request, [Event() for _ in range(3)]

        async def delayed(route, **options):
            if route.channel_id == slow.thread.id:
                asked.set()
                await answered.wait()
            result = await request(route, **options)
            if route.channel_id == other.thread.id:
                shown.set()
            return result

        monkeypatch.setattr(server.bot.http, "request", delayed)
        async with timeout(60):
            until = server.clock.now + HOLD_SECONDS
            await server.store.jams.hold(slow.id, server.bob.id, until)
            await asked.wait()
            await server.store.jams.hold(other.id, server.bob.id, until)
            await shown.wait()
        assert "looking for words" in (await other.card()).embeds[0]["description"]
        answered.set()
        await slow.settle()
        assert "looking for words" in (await slow.card()).embeds[0]["description"]
