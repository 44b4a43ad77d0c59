"""Jams: what they are, whose turn it is, who plays, and the turns that were made."""

from __future__ import annotations

JAMS = (
    """
    CREATE TABLE jams (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        guild_id INTEGER NOT NULL,
        channel_id INTEGER NOT NULL,
        user_id INTEGER,
        title TEXT,
        style TEXT,
        bpm INTEGER NOT NULL,
        music_key TEXT,
        bars INTEGER NOT NULL,
        in_rotation INTEGER NOT NULL,
        most_seconds REAL NOT NULL,
        locale TEXT,
        forked_from INTEGER,
        created_at REAL NOT NULL,
        state TEXT NOT NULL,
        turn_since REAL NOT NULL,
        holder_id INTEGER,
        held_until REAL,
        job_id INTEGER,
        mix_job_id INTEGER,
        thread_id INTEGER,
        card_id INTEGER,
        version INTEGER NOT NULL DEFAULT 0,
        shown_version INTEGER NOT NULL DEFAULT -1
    )
    """,
    "CREATE INDEX jams_going_on ON jams (guild_id, id) WHERE state != 'closed'",
    "CREATE INDEX jams_to_show ON jams (id) WHERE version != shown_version",
    "CREATE INDEX jams_by_job ON jams (job_id) WHERE job_id IS NOT NULL",
    "CREATE INDEX jams_by_thread ON jams (thread_id) WHERE thread_id IS NOT NULL",
    "CREATE INDEX jams_by_user ON jams (user_id, id)",
    "CREATE INDEX jams_held ON jams (holder_id) WHERE holder_id IS NOT NULL",
    """
    CREATE INDEX jams_by_words ON jams (created_at) WHERE title IS NOT NULL AND state = 'closed'
    """,
    """
    CREATE TABLE jam_players (
        jam_id INTEGER NOT NULL REFERENCES jams (id),
        user_id INTEGER NOT NULL,
        number INTEGER NOT NULL,
        name TEXT NOT NULL,
        joined_at REAL NOT NULL,
        is_away INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (jam_id, user_id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX jam_players_by_user ON jam_players (user_id, jam_id)",
    "CREATE INDEX jam_players_by_age ON jam_players (joined_at)",
    # A fork begins with the turns of another jam, so that a job may be in several.
    """
    CREATE TABLE jam_turns (
        jam_id INTEGER NOT NULL REFERENCES jams (id),
        number INTEGER NOT NULL,
        job_id INTEGER REFERENCES jobs (id),
        user_id INTEGER,
        starts_at_seconds REAL NOT NULL,
        made_at REAL NOT NULL,
        is_undone INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (jam_id, number),
        UNIQUE (jam_id, job_id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX jam_turns_by_job ON jam_turns (job_id)",
    "CREATE INDEX jam_turns_by_user ON jam_turns (user_id, jam_id, number)",
    "ALTER TABLE jobs ADD COLUMN jam_id INTEGER",
    "CREATE INDEX jobs_by_jam ON jobs (jam_id, id) WHERE jam_id IS NOT NULL",
)
