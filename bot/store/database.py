"""The SQLite database: one connection that writes, and several that read beside it."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

import aiosqlite

from bot.errors import ConfigError
from bot.i18n.sentence import Sentence
from bot.private_files import create_private_file
from bot.store.folder_lock import describe_failure, lock_folder
from bot.store.identity import IDENTITY_QUERY, check_identity, identity
from bot.store.migrations.history import MIGRATIONS
from bot.store.migrations.migrate import migrate
from bot.store.store_files import close_files

Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]

log = logging.getLogger(__name__)

FILE = "zhiyin.db"

_BUSY_MILLISECONDS = 5000
_READERS = 2
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # Durable against kill -9; only a power failure may lose the latest commits.
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    # Deleted data is overwritten with zeros.
    "PRAGMA secure_delete = ON",
    f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}",
    # The commit that reaches this limit copies all pages of the WAL. A quarter of the default, so
    # that other commits wait a quarter as long.
    "PRAGMA wal_autocheckpoint = 250",
)

_CHECKED_BYTES = 32 * 2**20
"""A larger database isn't read through at the start, which would take many seconds.

The backup of the day does that.
"""

_SCRUB_TRIES = 20
_SCRUB_PAUSE_SECONDS = 0.1

Row = sqlite3.Row


class Database:
    """An open database: one connection that writes, and several that read.

    All writes go through `transaction`. A read sees every transaction committed before it began,
    and never waits for one.
    """

    def __init__(
        self, writer: aiosqlite.Connection, readers: Sequence[aiosqlite.Connection]
    ) -> None:
        self._writer = writer
        self._turn, self._lock = asyncio.Lock(), asyncio.Lock()
        self._idle_readers = list(readers)
        # A semaphore is fair (FIFO), unlike a queue, so that `scrub` can't be starved.
        self._reader_permits = asyncio.Semaphore(len(readers))
        self._reader_count = len(readers)

    @asynccontextmanager
    async def transaction(self, *, urgent: bool = False) -> AsyncIterator[aiosqlite.Connection]:
        """Lend the writer for one transaction, which is committed, or rolled back on an error.

        An urgent one, for the first response to a person, precedes all that wait. Begins IMMEDIATE:
        a deferred one that reads first could fail on its first write.
        """
        # Only one ordinary transaction at a time waits for the writer, so an urgent one is next.
        turn = nullcontext() if urgent else self._turn
        async with turn, self._lock, _transaction(self._writer):
            yield self._writer

    async def all(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Return all rows of a query."""
        async with self._reader() as reader:
            # One call to the connection's thread: a task cancelled between two calls would leave
            # a read open, which keeps the write-ahead log from being emptied.
            return list(await reader.execute_fetchall(sql, parameters))

    async def one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """Return the first row of a query, or None."""
        rows = await self.all(sql, parameters)
        return rows[0] if rows else None

    async def scrub(self) -> bool:
        """Empty the write-ahead log, which holds deleted data; return whether it is empty.

        Waits for the bot's own reads, each of which is short. While another process reads, such as
        a backup, the log can't be emptied; the next call does it.
        """
        for _ in range(_SCRUB_TRIES):
            async with self._lock, AsyncExitStack() as stack:
                for _ in range(self._reader_count):
                    await stack.enter_async_context(self._reader())
                if await _empty_log(self._writer):
                    return True
            await asyncio.sleep(_SCRUB_PAUSE_SECONDS)
        log.info("store.not_scrubbed another process reads the database")
        return False

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[aiosqlite.Connection]:
        async with self._reader_permits:
            reader = self._idle_readers.pop()
            try:
                yield reader
            finally:
                self._idle_readers.append(reader)


def read_only_uri(path: Path) -> str:
    """Return the SQLite URI that opens a file read-only, escaping its name."""
    return f"file:{quote(os.fsencode(path))}?mode=ro"


@asynccontextmanager
async def open_database(
    folder: Path, now: float, *, is_read_whole: bool = False
) -> AsyncIterator[Database]:
    """Open the database in a folder, creating both if they are missing.

    A large one is fully checked for damage only with `is_read_whole`. Raises ConfigError if another
    process has it open, it is damaged, another program's or from a newer version, or nothing may be
    written or locked there. Never changes a file that it can't use.
    """
    path = folder / FILE
    async with AsyncExitStack() as stack:
        try:
            stack.enter_context(lock_folder(folder))
            # SQLite creates its other files with the mode of this one.
            create_private_file(path, exclusive=False)
            await asyncio.to_thread(close_files, folder)
            writer = await stack.enter_async_context(aiosqlite.connect(path, isolation_level=None))
            is_read_whole = is_read_whole or path.stat().st_size <= _CHECKED_BYTES
            await _set_up(writer, path, now, is_read_whole=is_read_whole)
            # Closed before the writer, which as the last connection deletes the WAL.
            readers = [await stack.enter_async_context(_open_reader(path)) for _ in range(_READERS)]
        except (OSError, sqlite3.OperationalError) as error:
            raise ConfigError(describe_failure(error, folder)) from error
        except sqlite3.DatabaseError as error:
            raise ConfigError(
                Sentence(
                    "{file} is damaged or not a database: put a backup in its place, or move it "
                    "away to begin with an empty one.",
                    file=path,
                )
            ) from error
        yield Database(writer, readers)


@asynccontextmanager
async def _transaction(connection: aiosqlite.Connection) -> AsyncIterator[None]:
    try:
        await connection.execute("BEGIN IMMEDIATE")
        yield
        await connection.execute("COMMIT")
    except BaseException:
        # Queued at once: a transaction that was cancelled half way is rolled back before the next
        # one begins. Without an open transaction this does nothing.
        undone = asyncio.ensure_future(_roll_back(connection))
        await asyncio.shield(undone)
        raise


async def _roll_back(connection: aiosqlite.Connection) -> None:
    with suppress(sqlite3.OperationalError):
        await connection.execute("ROLLBACK")


@asynccontextmanager
async def _open_reader(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    address = read_only_uri(path)
    async with aiosqlite.connect(address, uri=True, isolation_level=None) as reader:
        reader.row_factory = sqlite3.Row
        await reader.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        yield reader


async def _set_up(
    connection: aiosqlite.Connection, path: Path, now: float, *, is_read_whole: bool
) -> None:
    # Check application_id before any PRAGMA that writes, as the first of ours does.
    async with connection.execute(IDENTITY_QUERY) as cursor:
        found = identity(await cursor.fetchone() or (0, 0, None))
    check_identity(found, path, len(MIGRATIONS))
    connection.row_factory = sqlite3.Row
    for pragma in _PRAGMAS:
        await connection.execute(pragma)
    async with connection.execute("PRAGMA journal_mode") as cursor:
        mode = await cursor.fetchone()
    # If a file system can't do WAL, SQLite silently keeps the old mode.
    if mode is None or mode[0] != "wal":
        raise ConfigError(
            Sentence(
                "{path} is on a file system that SQLite can't keep a log on (a network "
                "share?): choose another folder as storage.folder.",
                path=path,
            )
        )
    log.info("store.open sqlite=%s file=%s", sqlite3.sqlite_version, path.name)
    if is_read_whole:
        await _check_pages(connection)
    if found.is_unsigned:
        await _rewrite(connection)
    await migrate(connection, found.version, now)
    # Removes data that was deleted right before a kill.
    await _empty_log(connection)


async def _check_pages(connection: aiosqlite.Connection) -> None:
    """Raise sqlite3.DatabaseError where the database is damaged."""
    async with connection.execute("PRAGMA quick_check") as cursor:
        checked = await cursor.fetchone()
    if checked is None or checked[0] != "ok":
        raise sqlite3.DatabaseError(checked[0] if checked else "no answer")


async def _rewrite(connection: aiosqlite.Connection) -> None:
    """Rewrite every page: the first versions did not overwrite deleted data."""
    log.info("store.rewriting what was deleted from a database of the first versions is removed")
    try:
        await connection.execute("VACUUM")
    except sqlite3.OperationalError as error:
        log.warning("store.not_vacuumed what was deleted may still be in free pages: %s", error)


async def _empty_log(connection: aiosqlite.Connection) -> bool:
    """Try to empty the write-ahead log, without waiting for readers."""
    await connection.execute("PRAGMA busy_timeout = 0")
    try:
        async with connection.execute("PRAGMA wal_checkpoint(TRUNCATE)") as cursor:
            row = await cursor.fetchone()
    finally:
        await connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    return row is not None and row[0] == 0
