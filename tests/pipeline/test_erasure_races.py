"""Erasure while a job is in progress: everything is deleted, or nothing yet."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import asynccontextmanager, closing

import pytest

from bot.audio.files.post import Style
from bot.domain.jobs import JobState, Kind, MessageHandle, Order, RequestOrigin
from bot.domain.limits import Limits
from bot.errors import Refused
from bot.inference.executor import CANCELLED
from bot.pipeline.erasure import FORGETTING, STILL_HANDED
from bot.pipeline.failure_notices import FailureNotifier
from bot.pipeline.lifecycle import JobRunner
from bot.pipeline.timings import Timings
from bot.store.database import FILE
from bot.store.migrations.history import MIGRATIONS
from bot.store.retention import EVERY_SECONDS, sweep
from bot.store.store import open_store
from tests.pipeline.test_erasure import CANARY, DAY, confirmed, places_of
from tests.support.simulated_server import hold_clip, open_server, strict
from tests.support.stored_jobs import Clock, accepted, delivered, new_clip

WORD = "canary sings"
HURRIED = Timings(forget_round_seconds=0.01)


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    strict(monkeypatch)


def at_forgetting(monkeypatch, store, *, before=None, after=None):
    """Do something right before, or right after, the first erasure."""
    forget = type(store.privacy).forget
    doings = {"before": before, "after": after}

    async def watched(self, user_id):
        if (first := doings.pop("before", None)) is not None:
            await first()
        names = await forget(self, user_id)
        if names is not None and (then := doings.pop("after", None)) is not None:
            await then()
        return names

    monkeypatch.setattr(type(store.privacy), "forget", watched)


@asynccontextmanager
async def being_posted(server):
    """Alice's clip is being delivered as long as the block lasts."""
    begun, go_on = asyncio.Event(), asyncio.Event()
    post = server.bot.presenter.post

    async def slowly(*args, **options):
        begun.set()
        await go_on.wait()
        return await post(*args, **options)

    server.bot.presenter.post = slowly
    try:
        await ordered(server)
        await begun.wait()
        yield
    finally:
        go_on.set()
        server.bot.presenter.post = post


async def asked_to_be_forgotten(server):
    asked = await server.alice.slash(server.channel, "privacy delete")
    return await server.alice.click(asked.response, label="Delete everything of mine")


async def ordered(server, key="k", prompt=CANARY):
    """An order of Alice's that arrives now."""
    place = RequestOrigin(
        user_id=server.alice.id, channel_id=server.channel.id, guild_id=server.guild.id
    )
    order = Order(key=key, origin=place, kind=Kind.MUSIC, seconds=2.0, seed=1, prompt=prompt)
    allowed = Limits(daily_seconds=99, waiting_per_user=9, waiting_per_guild=9, waiting=9)
    return await server.pipeline.submit(order, allowed, MessageHandle())


async def test_an_order_during_an_erasure_is_erased_too(tmp_path, monkeypatch):
    """It is cancelled with a notice and refunded, never generated without its prompt."""
    async with open_server(tmp_path, timings=HURRIED) as server:
        await server.music(prompt="an older song", seconds=1.0)
        server.pipeline.executor.paused = True
        at_forgetting(monkeypatch, server.store, before=lambda: ordered(server))
        done = await confirmed(server, server.alice)
        assert "1 clip of yours is deleted" in done.response.content
        assert str(CANCELLED) in server.newest(1)[0].content
        assert (await server.store.jobs.get(2)).state is JobState.CANCELLED
        assert places_of(tmp_path, WORD) == set()
        assert await server.store.check() == []
        assert (await server.store.ledger.quota(server.alice.id, 600)).used_seconds == 1.0
        server.pipeline.executor.paused = False


async def test_an_order_right_after_an_erasure_is_complete(tmp_path, monkeypatch):
    """Its prompt and sound are kept, now and after midnight."""
    async with open_server(tmp_path, timings=HURRIED) as server:
        await server.music(prompt="an older song", seconds=1.0)

        async def order():
            # The clock may have been put back meanwhile.
            server.clock.now -= 60
            await ordered(server)

        at_forgetting(monkeypatch, server.store, after=order)
        await confirmed(server, server.alice)
        for _ in range(2):
            (clip,) = await server.store.clips.of_user(server.alice.id, 5)
            assert clip.prompt == CANARY
            assert (server.store.clips_folder / clip.file).exists()
            assert (await server.store.jobs.get(2)).state is JobState.DELIVERED
            assert await server.store.check() == []
            server.clock.now += DAY
            await sweep(server.store, 30, server.clock.now)


async def test_erasure_waits_for_a_delivery(tmp_path):
    """Nothing is deleted until the clip is delivered; then everything is."""
    async with open_server(tmp_path, timings=HURRIED) as server:
        async with being_posted(server):
            with pytest.raises(Refused, match="nothing is deleted yet"):
                await server.pipeline.erasure.forget(server.alice.id)
            assert places_of(tmp_path, WORD) == {"jobs.prompt", "clips.prompt"}
        await server.idle()
        (clip,) = await server.store.clips.of_user(server.alice.id, 5)
        assert clip.prompt == CANARY
        await confirmed(server, server.alice)
        assert places_of(tmp_path, WORD) == set()
        assert await server.store.check() == []


async def test_erasure_waits_for_a_held_clip_being_fetched(tmp_path, monkeypatch):
    """And a clip that is being deleted can't be fetched any more."""
    async with open_server(tmp_path, timings=HURRIED) as server:
        await hold_clip(server)
        person = server.pipeline.erasure
        with person.handing_over(1, server.alice.id):
            refused = await asked_to_be_forgotten(server)
            assert refused.response.content == str(STILL_HANDED)

        async def fetch():
            with (
                pytest.raises(Refused, match=str(FORGETTING)),
                person.handing_over(1, server.alice.id),
            ):
                pass
            with pytest.raises(Refused, match=str(FORGETTING)):
                await person.forget(server.alice.id)

        at_forgetting(monkeypatch, server.store, before=fetch)
        assert await person.forget(server.alice.id) == 1


async def test_a_stop_during_an_erasure_leaves_no_open_answer(tmp_path, monkeypatch):
    """The answer is recorded as open until given, so that the next start closes it."""
    async with open_server(tmp_path, timings=HURRIED) as server:
        noted = []

        async def look():
            noted.extend(await server.store.open_answers.all())

        at_forgetting(monkeypatch, server.store, before=look)
        await confirmed(server, server.alice)
        assert [answer.token is not None for answer in noted] == [True]
        assert await server.store.open_answers.all() == []


async def test_an_undispatched_order_is_cancelled_with_a_notice(tmp_path, monkeypatch):
    """Its row exists but no task, as between two tries on a full disk."""
    async with open_server(tmp_path, timings=HURRIED) as server:
        put = server.pipeline._dispatcher.put
        monkeypatch.setattr(server.pipeline._dispatcher, "put", lambda job: None)
        job = await ordered(server)
        assert await server.pipeline.erasure.forget(server.alice.id) == 0
        assert (await server.store.jobs.get(job.id)).state is JobState.CANCELLED
        await server.env.settle()
        assert str(CANCELLED) in server.newest(1)[0].content
        assert await server.store.check() == []
        # The task that was about to run it sees that it has ended.
        put(job)
        runner = JobRunner(
            server.store,
            server.pipeline.executor,
            server.bot.presenter,
            FailureNotifier(server.store),
            server.pipeline.uploads,
            Style(),
            Timings(),
        )
        await runner.run(job, False)
        await server.idle()
        assert len([each for each in server.messages() if "charged" in each.content]) == 1


async def test_erasure_waits_for_unfinished_jobs(tmp_path):
    """Their cost is kept, too, if it is from before midnight: the ledger stays balanced."""
    clock = Clock()
    async with open_store(tmp_path, clock) as store:
        await delivered(store, key="a")
        job = await accepted(store, key="b")
        await store.jobs.start(job.id)
        clock.now += DAY
        assert await store.privacy.forget(1) is None
        assert (await store.jobs.get(job.id)).order.prompt == "rock"
        assert len(await store.clips.of_user(1, 5)) == 1
        await store.jobs.record_clip(job.id, new_clip(job))
        assert await store.privacy.forget(1) is None
        await store.jobs.begin_delivery(job.id)
        await store.jobs.finish_delivery(job.id, 900)
        assert await store.check() == []
        assert await store.privacy.forget(1) == ["1.flac", "2.flac"]
        assert await store.jobs.get(job.id) is None
        assert await store.check() == []


async def test_inconsistent_old_rows_do_not_block_a_sweep(tmp_path):
    """An order went on during an erasure; the clip that it produced stays."""
    clock = Clock()
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        for migration in MIGRATIONS[:3]:
            for statement in migration.statements:
                connection.execute(statement)
        connection.execute("PRAGMA user_version = 3")
        for id_, at in ((1, clock.now - 60), (2, clock.now - 30), (3, clock.now + 30)):
            connection.execute(
                "INSERT INTO jobs (id, key, state, created_at, user_id, channel_id, kind, seconds, "
                "seed, sampling, parent_ids, max_bytes) "
                "VALUES (?1, ?1, 'delivered', ?2, 7, 5, 'music', 9, 1, '{}', '[]', 1)",
                (id_, at),
            )
            for entry in ("reserve", "commit"):
                connection.execute(
                    "INSERT INTO ledger (job_id, user_id, day, entry, seconds, at) "
                    "VALUES (?, 7, date(?, 'unixepoch'), ?, 9, ?)",
                    (id_, at, entry, at),
                )
        connection.execute(
            "INSERT INTO clips (job_id, user_id, channel_id, kind, seconds, seconds_before, seed, "
            "sampling, model, file, created_at, made_in_seconds) "
            "VALUES (2, 7, 5, 'music', 9, 0, 1, '{}', 'm', '2.flac', ?, 1)",
            (clock.now,),
        )
        connection.execute("INSERT INTO facts VALUES ('forget:7', ?)", (repr(clock.now),))
        connection.commit()
    async with open_store(tmp_path, clock) as store:
        clock.now += DAY
        await sweep(store, 30, clock.now)
        left = [number for number in (1, 2, 3) if await store.jobs.get(number) is not None]
        assert left == [2, 3]
        assert [clip.job_id for clip in await store.clips.of_user(7, 5)] == [2]
        assert await store.check() == []
        assert places_of(tmp_path, "forget:") == set()


async def test_unreferenced_sound_files_are_deleted(tmp_path):
    """Files whose rows are deleted; a file of a running job is kept."""
    clock = Clock()
    async with open_store(tmp_path, clock) as store:
        _, clip = await delivered(store, key="a")
        job = await accepted(store, key="b")
        await store.jobs.start(job.id)
        young, *old = (
            store.clips_folder / name for name in ("9.flac", clip.file, f"{job.id}.flac", "8.flac")
        )
        for path in (young, *old):
            path.touch()
        for path in old:
            os.utime(path, (clock.now - 2 * EVERY_SECONDS,) * 2)
        os.utime(young, (clock.now,) * 2)
        assert await sweep(store, 30, clock.now) == 1
        assert {path.name for path in store.clips_folder.iterdir()} == {
            "9.flac",
            clip.file,
            f"{job.id}.flac",
        }
