"""The tables, as steps in order. The database itself knows whose it is and how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiosqlite

from bot.errors import ConfigError
from bot.i18n.sentence import Sentence

SIGNATURE = int.from_bytes(b"zhyn")
"""The `application_id` of our databases."""

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE jobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            key TEXT NOT NULL UNIQUE,
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            created_at REAL NOT NULL,
            user_id INTEGER NOT NULL,
            guild_id INTEGER,
            channel_id INTEGER NOT NULL,
            kind TEXT NOT NULL,
            prompt TEXT,
            seconds REAL NOT NULL,
            seed INTEGER NOT NULL,
            sampling TEXT NOT NULL,
            source TEXT,
            parent_ids TEXT NOT NULL,
            clip_id INTEGER,
            sentence TEXT,
            token TEXT,
            token_expires_at REAL NOT NULL DEFAULT 0,
            message_id INTEGER,
            max_bytes INTEGER NOT NULL
        )
        """,
        "CREATE INDEX jobs_by_state ON jobs (state, id)",
        "CREATE INDEX jobs_by_user ON jobs (user_id, state)",
        """
        CREATE TABLE ledger (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            job_id INTEGER REFERENCES jobs (id),
            user_id INTEGER NOT NULL,
            guild_id INTEGER,
            day TEXT NOT NULL,
            entry TEXT NOT NULL CHECK (entry IN ('reserve', 'commit', 'refund', 'reset')),
            seconds REAL NOT NULL,
            at REAL NOT NULL
        )
        """,
        "CREATE INDEX ledger_by_user ON ledger (user_id, day)",
        "CREATE INDEX ledger_by_guild ON ledger (guild_id, day)",
        "CREATE UNIQUE INDEX ledger_reserves ON ledger (job_id) WHERE entry = 'reserve'",
        """
        CREATE UNIQUE INDEX ledger_resolutions ON ledger (job_id)
        WHERE entry IN ('commit', 'refund')
        """,
        """
        CREATE TRIGGER ledger_is_kept BEFORE UPDATE ON ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END
        """,
        """
        CREATE TRIGGER ledger_is_whole BEFORE DELETE ON ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END
        """,
        """
        CREATE TABLE clips (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            job_id INTEGER NOT NULL UNIQUE REFERENCES jobs (id),
            user_id INTEGER NOT NULL,
            guild_id INTEGER,
            channel_id INTEGER NOT NULL,
            kind TEXT NOT NULL,
            prompt TEXT,
            seconds REAL NOT NULL,
            seconds_before REAL NOT NULL,
            seed INTEGER NOT NULL,
            sampling TEXT NOT NULL,
            model TEXT NOT NULL,
            file TEXT NOT NULL,
            created_at REAL NOT NULL,
            made_in_seconds REAL NOT NULL,
            message_id INTEGER,
            is_deleted INTEGER NOT NULL DEFAULT 0
        )
        """,
        "CREATE INDEX clips_by_user ON clips (user_id, id)",
        "CREATE INDEX clips_by_message ON clips (message_id)",
        """
        CREATE TABLE clip_parents (
            clip_id INTEGER NOT NULL REFERENCES clips (id),
            parent_id INTEGER NOT NULL,
            PRIMARY KEY (clip_id, parent_id)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX clip_children ON clip_parents (parent_id)",
        """
        CREATE TABLE guild_settings (
            guild_id INTEGER PRIMARY KEY,
            daily_seconds REAL,
            guild_daily_seconds REAL,
            waiting INTEGER,
            max_seconds REAL
        )
        """,
        """
        CREATE TABLE guild_channels (
            guild_id INTEGER NOT NULL,
            channel_id INTEGER NOT NULL,
            PRIMARY KEY (guild_id, channel_id)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE guild_tiers (
            guild_id INTEGER NOT NULL,
            role_id INTEGER NOT NULL,
            seconds REAL NOT NULL,
            PRIMARY KEY (guild_id, role_id)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE blocked (
            guild_id INTEGER NOT NULL,
            user_id INTEGER NOT NULL,
            PRIMARY KEY (guild_id, user_id)
        ) WITHOUT ROWID
        """,
        "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    ),
    (
        "ALTER TABLE jobs ADD COLUMN as_loop INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE clips ADD COLUMN bpm REAL",
        "ALTER TABLE clips ADD COLUMN key TEXT",
        "ALTER TABLE clips ADD COLUMN loops INTEGER NOT NULL DEFAULT 0",
    ),
    (
        "DROP TRIGGER ledger_is_whole",
        # But for the one who wishes to be forgotten.
        """
        CREATE TRIGGER ledger_is_whole BEFORE DELETE ON ledger
        WHEN NOT EXISTS (
            SELECT 1 FROM facts WHERE name = 'forgetting' AND value = CAST(OLD.user_id AS TEXT))
        BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END
        """,
    ),
    (f"PRAGMA application_id = {SIGNATURE}",),
    (
        # By numbers, which only grow: by the clock, what came after a wish could seem to be older.
        """
        CREATE TABLE forgotten (
            user_id INTEGER PRIMARY KEY,
            at REAL NOT NULL,
            last_job_id INTEGER NOT NULL,
            last_entry_id INTEGER NOT NULL
        )
        """,
        """
        INSERT INTO forgotten
        SELECT who, at,
            COALESCE((SELECT MAX(id) FROM jobs WHERE user_id = who AND created_at <= wish.at), 0),
            COALESCE((SELECT MAX(id) FROM ledger WHERE user_id = who AND at <= wish.at), 0)
        FROM (
            SELECT CAST(substr(name, 8) AS INTEGER) AS who, CAST(value AS REAL) AS at
            FROM facts WHERE name LIKE 'forget:%'
        ) AS wish
        """,
        "DELETE FROM facts WHERE name LIKE 'forget:%'",
    ),
    ("ALTER TABLE clips ADD COLUMN stems TEXT NOT NULL DEFAULT '[]'",),
)
"""Each step is done once, whole, and never changed afterwards."""

_SIGNED_SINCE = 4
_FIRST_TABLES = {"jobs", "ledger", "clips", "facts"}


@dataclass(frozen=True, slots=True)
class Identity:
    """What a database file says of itself."""

    application_id: int
    version: int
    tables: frozenset[str]

    @property
    def is_empty(self) -> bool:
        """Tell whether it is nobody's yet."""
        return self.application_id == self.version == 0 and not self.tables

    @property
    def is_unsigned(self) -> bool:
        """Tell whether it is one of ours from before they were signed, known by its tables."""
        is_early = self.application_id == 0 and 0 < self.version < _SIGNED_SINCE
        return is_early and self.tables >= _FIRST_TABLES


WHO = (
    "SELECT (SELECT application_id FROM pragma_application_id), "
    "(SELECT user_version FROM pragma_user_version), "
    "(SELECT group_concat(name, '/') FROM sqlite_master WHERE type = 'table')"
)
"""Asks a file who it is; changes nothing in it."""


def identity(row: Sequence[Any]) -> Identity:
    """Return what a file has answered to `WHO`."""
    application_id, version, tables = row
    return Identity(application_id, version, frozenset((tables or "").split("/")) - {""})


def check_identity(found: Identity, path: Path) -> None:
    """Raise ConfigError where a database is another program's, or too new for this one."""
    if found.application_id != SIGNATURE and not found.is_empty and not found.is_unsigned:
        raise ConfigError(
            Sentence(
                "{path} is the database of another program and was left as it is: choose "
                "another folder as storage.folder, or move that file away.",
                path=path,
            )
        )
    if found.version > len(STEPS):
        raise ConfigError(
            Sentence(
                "{path} was written by a newer version of Zhiyin: run that one, or restore an "
                "older backup.",
                path=path,
            )
        )


async def migrate(connection: aiosqlite.Connection, version: int) -> None:
    """Bring the tables from a version of ours up to date."""
    for number, statements in enumerate(STEPS[version:], version + 1):
        await connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements:
                await connection.execute(statement)
            await connection.execute(f"PRAGMA user_version = {number}")
            await connection.execute("COMMIT")
        except BaseException:
            await connection.execute("ROLLBACK")
            raise
