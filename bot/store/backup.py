"""Back up the database while the bot runs; a copy is verified before it gets its name."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot.atomic_file import replace_atomically
from bot.errors import ConfigError, OutputError
from bot.i18n.sentence import Sentence
from bot.private_files import create_private_file, make_private_folder
from bot.store.database import FILE, read_only_uri
from bot.store.identity import IDENTITY_QUERY, check_identity, identity
from bot.store.ledger_invariants import LEDGER_INVARIANTS
from bot.store.migrations.history import MIGRATIONS
from bot.store.store_files import BACKUPS

_OWN_NAMES = "zhiyin."
_DATE = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_DAILY = f"zhiyin-{_DATE}.db"
"""Others in the folder are the owner's, whatever their names begin with."""
_UNFINISHED = f".zhiyin-{_DATE}.*.part*"
"""What a killed bot leaves of a daily backup, SQLite's files beside it among them."""
# Read from the schema, since the database may be of an earlier version.
_TABLES_WITH_TOKENS = """
    SELECT tables.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
    WHERE tables.type = 'table' AND columns.name = 'token'
"""


def back_up(folder: Path, target: Path) -> None:
    """Copy the database of a folder to `target`, which appears once the copy is verified.

    Raises ConfigError if there is no database, or it is damaged or another program's, OutputError
    if the copy can't be written.
    """
    source = folder / FILE
    if not source.exists():
        raise ConfigError(Sentence("There is no database in {folder}.", folder=folder))
    place = target.resolve()
    if place.parent == folder.resolve() and place.name.startswith(_OWN_NAMES):
        raise OutputError(
            Sentence("{target} is the bot's own database: name another file.", target=target)
        )
    try:
        # Contains people's texts: readable by the bot's own user only.
        with replace_atomically(target, private=True) as scratch:
            _copy_verified(source, scratch, target)
    except OSError as error:
        raise OutputError(
            Sentence(
                "{target} could not be written: {strerror}.", target=target, strerror=error.strerror
            )
        ) from error


def _copy_verified(source: Path, scratch: Path, target: Path) -> None:
    try:
        _copy(source, scratch)
    except sqlite3.OperationalError as error:
        raise OutputError(
            Sentence("{target} could not be written: {error}.", target=target, error=error)
        ) from error
    except sqlite3.DatabaseError as error:
        # A sentence of ours, or SQLite's message.
        reason = error.args[0] if error.args else error
        raise ConfigError(
            Sentence("{source} is damaged: {error}.", source=source, error=reason)
        ) from error


def copy(folder: Path, target: Path) -> None:
    """Copy the database of a folder to a new file without verifying it; the bot may be running.

    Raises sqlite3.DatabaseError if the file is no database.
    """
    create_private_file(target)
    with _both(folder / FILE, target) as (from_, to):
        from_.backup(to)


def rotate(folder: Path, keep: int, now: float) -> Path | None:
    """Make today's backup if it is missing, delete all but the newest `keep`; return the new one.

    With `keep` 0 nothing is made or deleted. Raises as `back_up` does, and OSError if an old one
    can't be deleted.
    """
    if keep == 0:
        return None
    backups = folder / BACKUPS
    day = datetime.fromtimestamp(now, UTC).date().isoformat()
    target = backups / f"zhiyin-{day}.db"
    # Whole copies, tokens and all: one more after each kill, and no other ever took them away.
    for left in backups.glob(_UNFINISHED):
        left.unlink(missing_ok=True)
    if target.exists():
        return None
    try:
        make_private_folder(backups)
    except OSError as error:
        raise OutputError(
            Sentence(
                "{backups} could not be made: {strerror}.", backups=backups, strerror=error.strerror
            )
        ) from error
    back_up(folder, target)
    # Backups dated in the future were made with a wrong clock: they are deleted first.
    made = sorted(backups.glob(_DAILY), key=lambda file: (file.name <= target.name, file))
    for old in made[:-keep]:
        if old.is_file():
            old.unlink(missing_ok=True)
    return target


def _copy(source: Path, target: Path) -> None:
    with _both(source, target) as (from_, to):
        check_identity(identity(from_.execute(IDENTITY_QUERY).fetchone()), source, len(MIGRATIONS))
        # In one step, which does not block the writer; in several, SQLite would start over after
        # each write of the bot.
        from_.backup(to)
        # Tokens, valid for minutes, are not kept in backups.
        to.execute("PRAGMA secure_delete = ON")
        with to:
            for (table,) in to.execute(_TABLES_WITH_TOKENS).fetchall():
                to.execute(f"UPDATE {table} SET token = NULL WHERE token IS NOT NULL")  # noqa: S608
        # A single file, without a WAL beside it.
        to.execute("PRAGMA journal_mode = DELETE")
        found = to.execute("PRAGMA integrity_check").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(str(found))
        for invariant in LEDGER_INVARIANTS:
            if wrong := invariant.violations(to.execute(invariant.sql)):
                raise sqlite3.DatabaseError(wrong[0])
    with target.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def _both(source: Path, target: Path) -> Iterator[tuple[sqlite3.Connection, sqlite3.Connection]]:
    with (
        closing(sqlite3.connect(read_only_uri(source), uri=True)) as from_,
        closing(sqlite3.connect(target)) as to,
    ):
        yield from_, to
