"""The database: one writing connection, and transactions that are whole or not there."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import aiosqlite

from bot.errors import ConfigError
from bot.i18n.sentence import Sentence
from bot.store.migrations import WHO, check_identity, identity, migrate

log = logging.getLogger(__name__)

FILE = "zhiyin.db"

_LOCK = "zhiyin.lock"
_BUSY_MILLISECONDS = 5000
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # Enough against kill -9; only power loss may take the latest commits.
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    # What people delete is overwritten, not only let go of.
    "PRAGMA secure_delete = ON",
    f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}",
)

_SCRUB_TRIES = 20
_SCRUB_PAUSE_SECONDS = 0.1

Row = sqlite3.Row


class Database:
    """An open database. All that writes goes through `transaction`."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[aiosqlite.Connection]:
        """Lend the connection for one transaction, which is kept whole or not at all.

        Begins IMMEDIATE: one that reads first and writes later fails where it meets another.
        """
        async with self._lock:
            try:
                await self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                await self._connection.execute("COMMIT")
            except BaseException:
                # Queued before anything is waited for: what was cancelled half way is undone before
                # the next one begins. Where nothing was begun there is nothing to undo.
                undone = asyncio.ensure_future(self._roll_back())
                await asyncio.shield(undone)
                raise

    async def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a query."""
        async with self._lock, self._connection.execute(sql, parameters) as cursor:
            return list(await cursor.fetchall())

    async def one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Return the first row of a query, or None."""
        async with self._lock, self._connection.execute(sql, parameters) as cursor:
            return await cursor.fetchone()

    async def scrub(self) -> bool:
        """Empty the write-ahead log, where what was deleted lives on, and tell whether it is empty.

        It is not while somebody reads, such as a backup: the next time it will be.
        """
        for _ in range(_SCRUB_TRIES):
            async with self._lock:
                if await _emptied(self._connection):
                    return True
            await asyncio.sleep(_SCRUB_PAUSE_SECONDS)
        log.info("store.not_scrubbed somebody reads it")
        return False

    async def _roll_back(self) -> None:
        with suppress(sqlite3.OperationalError):
            await self._connection.execute("ROLLBACK")


@asynccontextmanager
async def open_database(folder: Path) -> AsyncIterator[Database]:
    """Open the database in a folder, making both where they are missing.

    Raises ConfigError where another process has it open, it is damaged, another program's or from
    a newer version, or nothing may be written there. Never changes a file that it can't use.
    """
    async with AsyncExitStack() as stack:
        try:
            stack.enter_context(_locked(folder))
            connection = await stack.enter_async_context(
                aiosqlite.connect(folder / FILE, isolation_level=None)
            )
            await _set_up(connection, folder / FILE)
        except OSError as error:
            raise ConfigError(
                Sentence(
                    "Nothing may be written to {folder}: give the bot the right to.", folder=folder
                )
            ) from error
        except sqlite3.OperationalError as error:
            raise ConfigError(
                Sentence(
                    "The database {file} can't be used: {error}.", file=folder / FILE, error=error
                )
            ) from error
        except sqlite3.DatabaseError as error:
            raise ConfigError(
                Sentence(
                    "{file} is damaged or no database: put a backup in its place, or move it "
                    "away to begin with an empty one.",
                    file=folder / FILE,
                )
            ) from error
        yield Database(connection)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder, made if need be, that ends with the process, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(
                Sentence(
                    "Zhiyin is already running with the database in {folder}: stop that one first.",
                    folder=folder,
                )
            ) from None
        yield


async def _set_up(connection: aiosqlite.Connection, path: Path) -> None:
    # Whose it is comes before anything that writes, as the first pragma does.
    async with connection.execute(WHO) as cursor:
        found = identity(await cursor.fetchone() or (0, 0, None))
    check_identity(found, path)
    connection.row_factory = sqlite3.Row
    for pragma in _PRAGMAS:
        await connection.execute(pragma)
    async with connection.execute("PRAGMA journal_mode") as cursor:
        mode = await cursor.fetchone()
    # SQLite does not say no where a file system can't have what it is asked for.
    if mode is None or mode[0] != "wal":
        raise ConfigError(
            Sentence(
                "{path} is on a file system that SQLite can't keep a log on (a network "
                "share?): choose another folder as storage.folder.",
                path=path,
            )
        )
    log.info("store.open sqlite=%s file=%s", sqlite3.sqlite_version, path.name)
    async with connection.execute("PRAGMA quick_check") as cursor:
        checked = await cursor.fetchone()
    if checked is None or checked[0] != "ok":
        raise sqlite3.DatabaseError(checked[0] if checked else "no answer")
    if found.is_unsigned:
        await _overwritten(connection)
    await migrate(connection, found.version)
    # What was deleted right before a kill.
    await _emptied(connection)


async def _overwritten(connection: aiosqlite.Connection) -> None:
    """Write all anew: the first versions did not overwrite what was deleted."""
    try:
        await connection.execute("VACUUM")
    except sqlite3.OperationalError as error:
        log.warning("store.not_vacuumed what was deleted may still be in free pages: %s", error)


async def _emptied(connection: aiosqlite.Connection) -> bool:
    """Empty the write-ahead log, now or not at all: nobody is kept waiting for a reader."""
    await connection.execute("PRAGMA busy_timeout = 0")
    try:
        async with connection.execute("PRAGMA wal_checkpoint(TRUNCATE)") as cursor:
            row = await cursor.fetchone()
    finally:
        await connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    return row is not None and row[0] == 0
