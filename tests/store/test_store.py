"""The store: nothing lost, nothing charged twice, whatever is cancelled or killed."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import suppress

import pytest

from bot.domain.generation import Sampling
from bot.domain.jobs import (
    ClipSource,
    JobState,
    Keep,
    Kind,
    MessageHandle,
    Order,
    RequestOrigin,
    UploadSource,
)
from bot.domain.limits import Limits
from bot.errors import ConfigError, Refused
from bot.i18n.sentence import Sentence
from bot.store.database import FILE, open_database
from bot.store.jobs import IllegalStep
from bot.store.new_clips import NewClip
from bot.store.retention import sweep
from bot.store.settings import EVERYWHERE
from bot.store.store import open_store

NOON = 1_790_000_000.0
ANSWER = MessageHandle(token="secret-token", expires_at=NOON + 900, message_id=77)


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def store(tmp_path, clock):
    async with open_store(tmp_path, clock) as opened:
        yield opened


def limits(**changes):
    usual = Limits(daily_seconds=100, waiting_per_user=50, waiting_per_guild=50, waiting=50)
    return dataclasses.replace(usual, **changes)


def order(key="1", user=1, guild=10, seconds=10.0, **changes):
    place = RequestOrigin(user_id=user, channel_id=5, guild_id=guild)
    usual = Order(key=key, origin=place, kind=Kind.MUSIC, seconds=seconds, seed=3, prompt="rock")
    return dataclasses.replace(usual, **changes)


def new_clip(job, **changes):
    usual = NewClip(
        job_id=job.id,
        origin=job.order.origin,
        kind=job.order.kind,
        prompt=job.order.prompt,
        seconds=job.order.seconds,
        seconds_before=0.0,
        seed=job.order.seed,
        sampling=job.order.sampling,
        model="starter",
        file=f"{job.id}.flac",
        parent_ids=job.order.parent_ids,
        made_in_seconds=2.0,
    )
    return dataclasses.replace(usual, **changes)


async def accepted(store, *, allowed=None, **about):
    return await store.jobs.accept(order(**about), allowed or limits(), ANSWER)


async def delivered(store, *, stems=(), **about):
    job = await accepted(store, **about)
    await store.jobs.start(job.id)
    clip = await store.jobs.record_clip(job.id, new_clip(job, stems=stems))
    await store.jobs.begin_delivery(job.id)
    await store.jobs.finish_delivery(job.id, 900 + job.id)
    await store.clips.set_message(clip.id, 900 + job.id)
    return job, await store.clips.get(clip.id)


async def used(store, user=1):
    return (await store.ledger.quota(user, 100)).used_seconds


async def test_a_job_row_round_trips(store):
    """Everything an order says is kept."""
    source = ClipSource(clip_id=4, keep_seconds=5.0, include=False, keep_stems=("drums", "bass"))
    wanted = order(
        sampling=Sampling(temperature=0.5), source=source, parent_ids=(4, 5), locale="de"
    )
    job = await store.jobs.accept(wanted, limits(), ANSWER)
    assert job.order == wanted
    assert job.message == ANSWER
    assert (job.state, job.attempts, job.created_at) == (JobState.QUEUED, 0, NOON)
    assert await store.jobs.get(job.id) == job
    assert "secret" not in repr(job)


async def test_the_same_order_twice_is_one_job(store):
    """A replayed interaction or a double click costs once, even where the quota is used up."""
    first = await accepted(store, seconds=100.0)
    assert await accepted(store, seconds=100.0) == first
    assert await used(store) == 100


async def test_a_delivered_clip_is_charged_once(store):
    """Reserved at the start, committed at the end; then the token is deleted."""
    job, clip = await delivered(store)
    assert await used(store) == 10
    found = await store.jobs.get(job.id)
    assert (found.state, found.message.token, found.clip_id) == (JobState.DELIVERED, None, clip.id)
    assert not await store.jobs.fail(job.id, Sentence("too late"))
    assert await store.check() == []


@pytest.mark.parametrize("end", ["fail", "cancel", "hold"])
async def test_an_undelivered_clip_is_refunded(store, end):
    """Every other end refunds, once; a second end changes nothing."""
    job = await accepted(store)
    await store.jobs.start(job.id)
    if end == "hold":
        await store.jobs.record_clip(job.id, new_clip(job))
    sentence = Sentence("a sentence")
    assert await getattr(store.jobs, end)(job.id, sentence)
    assert await used(store) == 0
    assert not await getattr(store.jobs, end)(job.id, sentence)
    assert not await store.jobs.fail(job.id, Sentence("again"))
    assert await used(store) == 0
    # What reaches the person is kept until they were told.
    (untold,) = await store.jobs.pending_notices()
    assert (untold.sentence, untold.message.token) == (sentence, job.message.token)
    await store.jobs.record_notified(job.id)
    assert await store.jobs.pending_notices() == []
    assert (await store.jobs.get(job.id)).message.token is None
    assert await store.check() == []


async def test_what_is_being_delivered_can_not_be_cancelled(store):
    """By then the clip exists; cancelling it is refused."""
    job = await accepted(store)
    await store.jobs.start(job.id)
    await store.jobs.record_clip(job.id, new_clip(job))
    assert not await store.jobs.cancel(job.id, Sentence("too late"))


async def test_illegal_steps_are_defects(store):
    """A job moves along its states only, and nothing changes when one is skipped."""
    job = await accepted(store)
    with pytest.raises(IllegalStep):
        await store.jobs.record_clip(job.id, new_clip(job))
    with pytest.raises(IllegalStep):
        await store.jobs.finish_delivery(job.id, 1)
    assert await store.jobs.get(job.id) == job
    assert await store.clips.of_job(job.id) is None


async def test_a_restart_spends_no_attempt_but_a_lost_worker_does(store):
    """Neither to begin nor to be interrupted is an attempt that failed."""
    job = await accepted(store)
    assert (await store.jobs.start(job.id)).attempts == 0
    # Its worker died before it had the job: another begins where nobody put it back.
    assert (await store.jobs.start(job.id)).attempts == 0
    await store.jobs.requeue(job.id, spend_attempt=False)
    assert (await store.jobs.start(job.id)).attempts == 0
    await store.jobs.requeue(job.id, spend_attempt=True)
    assert (await store.jobs.start(job.id)).attempts == 1


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"daily_seconds": 15}, "You have 5 s of music left today and this takes 10 s"),
        ({"waiting_per_user": 1}, "You have a clip in the queue already"),
        ({"waiting_per_guild": 1}, "This server can't have more clips in the queue"),
        ({"waiting": 1}, "The queue is too long"),
        ({"guild_daily_seconds": 15}, "This server has 5 s of music left today"),
    ],
)
async def test_each_limit_has_its_sentence_and_costs_nothing(store, changed, sentence):
    """A refusal says why, and leaves no trace."""
    await accepted(store)
    with pytest.raises(Refused, match=sentence):
        await accepted(store, key="2", allowed=limits(**changed))
    assert await used(store) == 10
    assert len(await store.jobs.unfinished()) == 1


async def test_a_limit_is_reached_exactly(store):
    """What is left can be used up to the last second."""
    await accepted(store, seconds=99.9, allowed=limits(daily_seconds=100))
    await accepted(store, key="2", seconds=0.1, allowed=limits(daily_seconds=100))
    assert await used(store) == pytest.approx(100)


async def test_blocked_people_and_a_draining_bot_are_refused(store):
    """Managers can keep a person out, the owner everyone before a restart."""
    await store.settings.block(10, 1, True)
    with pytest.raises(Refused, match="can't make music here"):
        await accepted(store)
    await accepted(store, key="elsewhere", guild=11)
    await store.settings.block(10, 1, False)
    await store.settings.set_metadata("draining", "1")
    with pytest.raises(Refused, match="about to be restarted"):
        await accepted(store)
    await store.settings.set_metadata("draining", "")
    await accepted(store)


async def test_the_owner_s_block_applies_on_all_servers(store):
    """On every server and in direct messages; a manager can't lift it."""
    await store.settings.block(EVERYWHERE, 1, True)
    for number, guild in enumerate((10, 11, None)):
        await store.settings.block(10, 1, False)
        with pytest.raises(Refused, match="can't make music here"):
            await accepted(store, key=str(number), guild=guild)
    await accepted(store, key="another", user=2)
    await store.settings.block(EVERYWHERE, 1, False)
    await accepted(store)


async def test_a_new_day_begins_at_midnight_utc(store, clock):
    """Yesterday's seconds do not count, and a refund goes to the day of its reservation."""
    job = await accepted(store, seconds=100.0)
    clock.now = store.ledger.resets_at()
    assert await used(store) == 0
    await store.jobs.fail(job.id, Sentence("x"))
    assert await used(store) == 0
    await accepted(store, key="2", seconds=100.0)


async def test_a_reset_restores_exactly_the_used_seconds(store):
    """A refund afterwards gives no credit on top."""
    job = await accepted(store, seconds=60.0)
    assert await store.ledger.reset(1, 10) == 60
    assert await used(store) == 0
    await store.jobs.fail(job.id, Sentence("x"))
    with pytest.raises(Refused, match="You have 100 s"):
        await accepted(store, key="2", seconds=101.0)


async def test_a_reset_gives_back_what_was_used_on_that_server(store):
    """A reset covers one server only, and that server's own total stays."""
    await accepted(store, seconds=60.0)
    await accepted(store, key="2", guild=20, seconds=30.0)
    assert await store.ledger.reset(1, 20) == 30
    assert await store.ledger.reset(1, 20) == 0
    assert await used(store) == 60
    with pytest.raises(Refused, match="server"):
        await accepted(
            store, key="3", guild=20, allowed=limits(guild_daily_seconds=39.0), seconds=10.0
        )


async def test_manager_resets_are_limited(store):
    """Only the owner's reset, which is for no server, gives that back, too."""
    most = limits(most_daily_seconds=150)
    await accepted(store, seconds=100.0, allowed=most)
    await store.ledger.reset(1, 10)
    assert (await store.ledger.quota(1, 100, 150)).left_seconds == 50
    with pytest.raises(Refused, match="You have 50 s"):
        await accepted(store, key="2", seconds=60.0, allowed=most)
    assert await store.ledger.reset(1, None) == 100
    assert (await store.ledger.quota(1, 100, 150)).left_seconds == 100
    await accepted(store, key="2", seconds=100.0, allowed=most)


async def test_the_ledger_is_append_only(store, tmp_path):
    """Updating or deleting an entry is refused by the database itself."""
    await accepted(store)
    with sqlite3.connect(tmp_path / FILE) as connection:
        for sql in ("UPDATE ledger SET seconds = 0", "DELETE FROM ledger"):
            with pytest.raises(sqlite3.IntegrityError, match="only added to"):
                connection.execute(sql)
    connection.close()


async def test_concurrent_orders_never_exceed_a_limit(store):
    """Check and reservation are atomic: a hundred concurrent orders can't pass a limit."""

    async def attempt(number):
        with suppress(Refused):
            await accepted(store, key=str(number), allowed=limits(daily_seconds=55))

    await asyncio.gather(*(attempt(number) for number in range(100)))
    assert len(await store.jobs.unfinished()) == 5
    assert await used(store) == 50


async def test_a_cancelled_transaction_leaves_nothing(tmp_path):
    """A task cancelled within a transaction leaves nothing for the next one to commit."""
    async with open_database(tmp_path, NOON) as database:
        begun = asyncio.Event()

        async def half():
            async with database.transaction() as connection:
                await connection.execute("INSERT INTO facts VALUES ('half', 'x')")
                begun.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(half())
        await begun.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO facts VALUES ('whole', 'x')")
        assert [row["name"] for row in await database.all("SELECT name FROM facts")] == ["whole"]


async def test_a_full_disk_leaves_the_store_usable(tmp_path, clock):
    """A failed write leaves nothing; when there is room again, writes succeed."""
    async with open_database(tmp_path, NOON) as database:
        async with database.transaction() as connection:  # at least what it has already
            await connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            async with database.transaction() as connection:
                await connection.execute("INSERT INTO facts VALUES ('big', ?)", ("x" * 10**6,))
        async with database.transaction() as connection:
            await connection.execute("PRAGMA max_page_count = 100000")
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO facts VALUES ('big', 'y')")
        assert (await database.one("SELECT value FROM facts"))["value"] == "y"


async def test_a_second_bot_on_a_database_is_refused(tmp_path, clock):
    """The second is refused; when the first has stopped, another can start."""
    async with open_store(tmp_path, clock):
        with pytest.raises(ConfigError, match="already running"):
            async with open_store(tmp_path, clock):
                pass
    async with open_store(tmp_path, clock):
        pass


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda path: path.write_bytes(b"not a database, but quite long enough" * 50), "damaged"),
        (lambda path: newer(path), "newer version"),
    ],
)
async def test_an_unusable_database_is_unchanged(tmp_path, clock, spoil, sentence):
    """The error says what to do; the file is never replaced by an empty one."""
    async with open_store(tmp_path, clock) as store:
        await accepted(store)
    for leftover in tmp_path.glob(f"{FILE}-*"):
        leftover.unlink()
    spoil(tmp_path / FILE)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(ConfigError, match=sentence):
        async with open_store(tmp_path, clock):
            pass
    assert (tmp_path / FILE).read_bytes() == before


def newer(path):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 1000")
    connection.commit()
    connection.close()


async def test_clips_are_searched_by_prompt_and_number(store):
    """By their message, by their author's words, and by what they were made from."""
    _, first = await delivered(store, key="a", prompt="50% rock_roll")
    _, second = await delivered(store, key="b", prompt="jazz", parent_ids=(first.id,))
    await delivered(store, key="c", user=2, prompt="rock")
    assert await store.clips.by_message(first.message_id) == [first]
    assert await store.clips.of_user(1, 10) == [second, first]
    assert await store.clips.of_user(1, 10, "50%") == [first]
    assert await store.clips.of_user(1, 10, "k_r") == [first]
    assert await store.clips.of_user(1, 10, "_") == [first]
    assert await store.clips.prompts_of(1, "", 10) == ["jazz", "50% rock_roll"]
    assert (await store.clips.lineage(first.id, 9)).clips == (first, second)
    assert second.parent_ids == (first.id,)


async def test_a_deleted_clip_stays_in_the_family_tree(store):
    """Its sound is deleted once; clips made from it still name it as parent."""
    _, first = await delivered(store, key="a")
    _, second = await delivered(store, key="b", parent_ids=(first.id,))
    assert await store.clips.delete(first.id) == first.file
    assert await store.clips.delete(first.id) is None
    assert (await store.clips.get(first.id)).is_deleted
    assert await store.clips.of_user(1, 10) == [second]
    assert await store.clips.older_than(NOON + 1, 9) == [second]


async def test_a_server_has_its_own_settings(store):
    """What is not set stays the configuration's; what is set can be changed one by one."""
    before = await store.settings.of(10)
    assert (before.daily_seconds, before.channel_ids, dict(before.tiers)) == (None, frozenset(), {})
    await store.settings.set_limits(10, daily_seconds=50)
    await store.settings.set_limits(10, waiting=3)
    await store.settings.set_tier(10, 7, 500)
    await store.settings.allow_channel(10, 5, True)
    found = await store.settings.of(10)
    assert (found.daily_seconds, found.waiting, found.max_seconds) == (50, 3, None)
    assert (dict(found.tiers), found.channel_ids) == ({7: 500}, {5})
    await store.settings.set_tier(10, 7, None)
    await store.settings.allow_channel(10, 5, False)
    await store.settings.clear_limits(10)
    assert await store.settings.of(10) == before
    assert await store.settings.of(11) == dataclasses.replace(before, guild_id=11)


async def test_expired_tokens_are_forgotten(store, clock):
    """A token is deleted when it has expired."""
    job = await accepted(store)
    await store.jobs.forget_tokens()
    assert (await store.jobs.get(job.id)).message.token == "secret-token"
    clock.now += 901
    await store.jobs.forget_tokens()
    assert (await store.jobs.get(job.id)).message.token is None


ACCEPTING = """
    import asyncio, sys, time
    from pathlib import Path
    from bot.domain.jobs import Kind, MessageHandle, Order, RequestOrigin
    from bot.domain.limits import Limits
    from bot.i18n.sentence import Sentence
    from bot.store.store import open_store

    async def main():
        limits = Limits(
            daily_seconds=1e9, waiting_per_user=10**6, waiting_per_guild=10**6, waiting=10**6
        )
        async with open_store(Path(sys.argv[1]), time.time) as store:
            number = 0
            while True:
                place = RequestOrigin(user_id=1, channel_id=1, guild_id=1)
                order = Order(key=str(number), origin=place, kind=Kind.MUSIC, seconds=1, seed=1)
                job = await store.jobs.accept(order, limits, MessageHandle())
                print(job.order.key, flush=True)
                if number % 3 == 0:
                    await store.jobs.fail(job.id, Sentence("x"))
                number += 1

    asyncio.run(main())
"""


async def test_kill_9_loses_no_accepted_job(tmp_path, clock):
    """What was accepted before the kill is there, and the ledger balances."""
    process = subprocess.Popen(  # noqa: ASYNC220 - it is read from for a moment only
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(ACCEPTING), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    told = [process.stdout.readline().strip() for _ in range(40)]
    process.send_signal(signal.SIGKILL)
    told += process.stdout.read().split()
    process.wait()
    process.stdout.close()
    async with open_store(tmp_path, clock) as store:
        kept = {job.order.key for job in await store.jobs.unfinished()}
        ended = [key for key in told if int(key) % 3 == 0]
        # The last one may have been told of and not ended.
        assert kept >= set(told) - set(ended)
        assert await store.check() == []


async def test_expired_data_is_deleted(store, clock):
    """Old sound is deleted, its row stays; uploads that no job needs go, young ones stay."""
    _, clip = await delivered(store, key="old")
    (store.clips_folder / clip.file).write_bytes(b"sound")
    source = UploadSource(file="wanted.flac", keep_seconds=1.0)
    await accepted(store, key="waiting", source=source)
    for name in ("wanted.flac", "leftover.flac"):
        (store.uploads_folder / name).write_bytes(b"sound")
        os.utime(store.uploads_folder / name, (NOON - 7200, NOON - 7200))
    (store.uploads_folder / "young.flac").write_bytes(b"sound")
    os.utime(store.uploads_folder / "young.flac", (NOON, NOON))
    assert await sweep(store, 30, NOON) == 1
    assert {file.name for file in store.uploads_folder.iterdir()} == {"wanted.flac", "young.flac"}
    clock.now = NOON + 31 * 86_400
    assert await sweep(store, 30, clock.now) == 2
    assert not (store.clips_folder / clip.file).exists()
    assert (await store.clips.get(clip.id)).is_deleted


async def test_a_clip_row_has_its_stems(store):
    """In their order; most have none."""
    _, clip = await delivered(store, stems=("drums", "bass"))
    _, plain = await delivered(store, key="2")
    assert (clip.stems, plain.stems) == (("drums", "bass"), ())


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        (
            ClipSource(clip_id=4, keep_seconds=5.0, whole=True, keep_stems=("bass",)),
            {
                "clip_id": 4,
                "upload": None,
                "whole": True,
                "keep_stems": ["bass"],
                "keep": None,
                "keep_harmony": False,
            },
        ),
        (
            UploadSource(
                file="a.flac",
                keep_seconds=5.0,
                keep=Keep.START,
                keep_harmony=True,
                name="riff.mp3",
            ),
            {
                "clip_id": None,
                "upload": "a.flac",
                "whole": False,
                "keep_stems": [],
                "keep": "start",
                "keep_harmony": True,
                "name": "riff.mp3",
            },
        ),
    ],
)
async def test_both_source_types_round_trip(store, tmp_path, source, kept):
    """A clip's and an upload's are kept as earlier versions keep them."""
    job = await accepted(store, source=source)
    assert (await store.jobs.get(job.id)).order.source == source
    with sqlite3.connect(tmp_path / FILE) as connection:
        (text,) = connection.execute("SELECT source FROM jobs").fetchone()
    assert json.loads(text) == kept | {"keep_seconds": 5.0, "include": True}


async def test_orders_of_versions_before_stems_are_read(store, tmp_path):
    """Its source names no stems."""
    job = await accepted(store, source=ClipSource(clip_id=4, keep_seconds=5.0))
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("""UPDATE jobs SET source = '{"clip_id": 4, "keep_seconds": 5.0}'""")
    assert (await store.jobs.get(job.id)).order.source == ClipSource(clip_id=4, keep_seconds=5.0)
