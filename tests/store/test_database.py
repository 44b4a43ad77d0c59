"""The database: reads run beside a transaction, and see what was committed before them."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from bot.store.database import FILE, open_database
from bot.store.store import open_store
from tests.support.stored_jobs import NOON, accepted, delivered, limits, order

WRITE = "INSERT OR REPLACE INTO facts VALUES ('written', ?)"
READ = "SELECT value FROM facts WHERE name = 'written'"
HANG_SECONDS = 60.0


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path, NOON) as opened:
        yield opened


async def written(database, value):
    async with database.transaction() as connection:
        await connection.execute(WRITE, (value,))


async def read(database):
    row = await database.one(READ)
    return row and row["value"]


async def test_a_read_returns_while_a_transaction_is_open(database):
    """It sees the state before the transaction; the next read sees the commit."""
    await written(database, "before")
    async with asyncio.timeout(HANG_SECONDS), database.transaction() as connection:
        await connection.execute(WRITE, ("after",))
        assert await read(database) == "before"
        async with connection.execute(READ) as cursor:
            assert (await cursor.fetchone())["value"] == "after"
    assert await read(database) == "after"


async def test_an_order_is_checked_while_a_transaction_is_open(tmp_path):
    """The check does not wait for the writer."""
    async with (
        open_store(tmp_path, lambda: NOON) as store,
        asyncio.timeout(HANG_SECONDS),
        store.jobs._database.transaction(),
    ):
        await store.jobs.check(order(), limits())


async def test_reads_see_earlier_writes(database):
    """Many write and read at once, more than there are readers: each sees its own commit."""

    async def write_then_read(number):
        name = f"number {number}"
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO facts VALUES (?, 'x')", (name,))
        return await database.one("SELECT value FROM facts WHERE name = ?", (name,))

    async with asyncio.timeout(HANG_SECONDS):
        rows = await asyncio.gather(*(write_then_read(number) for number in range(100)))
    assert all(row is not None for row in rows)


async def test_an_urgent_transaction_goes_before_those_that_wait(database):
    """It waits for the running one; the others keep their order."""
    done = []

    async def write(name, *, urgent=False):
        async with database.transaction(urgent=urgent):
            done.append(name)

    async with asyncio.timeout(HANG_SECONDS), asyncio.TaskGroup() as group:
        async with database.transaction():
            for name in ("first", "second", "third"):
                group.create_task(write(name))
            await asyncio.sleep(0)
            group.create_task(write("urgent", urgent=True))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert done == ["urgent", "first", "second", "third"]


async def test_a_reader_can_not_write(database):
    """A write on a reader's connection is an error."""
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await database.all("INSERT INTO facts VALUES ('x', 'y')")


async def test_reads_do_not_block_the_wal_checkpoint(tmp_path):
    """Despite constant reads, deleted text leaves the log at once."""
    async with open_store(tmp_path, lambda: NOON) as store:
        await delivered(store, key="1")
        await accepted(store, key="2", user=2)
        reads = 0

        async def keep_reading():
            nonlocal reads
            while True:
                await store.clips.of_user(2, 10)
                await store.check()
                reads += 1

        readers = [asyncio.create_task(keep_reading()) for _ in range(5)]
        while reads < len(readers):
            await asyncio.sleep(0)
        assert await store.privacy.forget(1) == ["1.flac"]
        assert (tmp_path / f"{FILE}-wal").stat().st_size == 0
        assert not any(reader.done() for reader in readers)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


@pytest.mark.parametrize("name", ["plain", "50% ?#&mode=rw %41"])
async def test_the_wal_is_removed_with_the_last_connection(tmp_path, name):
    """After a clean close the database is one file; the folder may have any name."""
    folder = tmp_path / name
    async with open_database(folder, NOON) as database:
        await written(database, "x")
        assert await read(database) == "x"
    assert sorted(path.name for path in folder.iterdir()) == [FILE, "zhiyin.lock"]
