"""The store as a whole: opening, transactions, kill -9, and settings of servers."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import suppress

import pytest

from bot.domain.jobs import (
    UploadSource,
)
from bot.errors import ConfigError
from bot.store.database import FILE, open_database
from bot.store.retention import sweep
from bot.store.store import open_store
from tests.support.stored_jobs import NOON, accepted, delivered


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


async def test_a_server_has_its_own_settings(store):
    """Unset values come from the configuration; each can be changed separately."""
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
    """Jobs accepted before the kill are stored, and the ledger balances."""
    process = subprocess.Popen(  # noqa: ASYNC220 - it is read from for a moment only
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(ACCEPTING), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    accepted_keys = [process.stdout.readline().strip() for _ in range(40)]
    process.send_signal(signal.SIGKILL)
    accepted_keys += process.stdout.read().split()
    process.wait()
    process.stdout.close()
    async with open_store(tmp_path, clock) as store:
        kept = {job.order.key for job in await store.jobs.unfinished()}
        ended = [key for key in accepted_keys if int(key) % 3 == 0]
        # The last one may have been printed and not ended.
        assert kept >= set(accepted_keys) - set(ended)
        assert await store.check() == []


async def test_expired_data_is_deleted(store, clock):
    """Old sound is deleted and its row kept; uploads of no job are deleted, young ones kept."""
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
