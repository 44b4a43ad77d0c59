"""Battles: what they are about and how far they are, their entries, and the jobs that make them."""

from __future__ import annotations

BATTLES = (
    """
    CREATE TABLE battles (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        guild_id INTEGER NOT NULL,
        channel_id INTEGER NOT NULL,
        user_id INTEGER,
        prompt TEXT,
        clip_id INTEGER,
        seconds REAL,
        created_at REAL NOT NULL,
        closes_at REAL NOT NULL,
        voting_seconds REAL NOT NULL,
        locale TEXT,
        state TEXT NOT NULL,
        outcome TEXT,
        message_id INTEGER,
        poll_message_id INTEGER,
        poll_ends_at REAL,
        result_message_id INTEGER
    )
    """,
    "CREATE INDEX battles_by_guild ON battles (guild_id)",
    "CREATE INDEX battles_by_user ON battles (user_id, id)",
    "CREATE UNIQUE INDEX battles_going_on ON battles (channel_id) WHERE state != 'ended'",
    "CREATE INDEX battles_by_poll ON battles (poll_message_id) WHERE poll_message_id IS NOT NULL",
    """
    CREATE INDEX battles_by_words ON battles (created_at)
    WHERE prompt IS NOT NULL AND state = 'ended'
    """,
    # A withdrawn entry keeps its number, which is that of an answer in the poll.
    """
    CREATE TABLE battle_entries (
        battle_id INTEGER NOT NULL REFERENCES battles (id),
        number INTEGER NOT NULL,
        job_id INTEGER UNIQUE REFERENCES jobs (id),
        user_id INTEGER,
        message_id INTEGER,
        votes INTEGER,
        is_winner INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (battle_id, number),
        UNIQUE (battle_id, user_id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX battle_entries_by_user ON battle_entries (user_id, battle_id)",
    "ALTER TABLE jobs ADD COLUMN battle_id INTEGER",
    """
    CREATE INDEX jobs_by_battle ON jobs (battle_id, user_id, id) WHERE battle_id IS NOT NULL
    """,
)
