"""The tables of the first version."""

from __future__ import annotations

FIRST_TABLES = (
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
)
