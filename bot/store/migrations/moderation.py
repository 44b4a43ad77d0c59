"""Unwanted words, upload roles and log channels of servers, and reports."""

from __future__ import annotations

MODERATION = (
    """
    CREATE TABLE unwanted_words (
        guild_id INTEGER NOT NULL,
        entry TEXT NOT NULL,
        PRIMARY KEY (guild_id, entry)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE upload_roles (
        guild_id INTEGER NOT NULL,
        role_id INTEGER NOT NULL,
        PRIMARY KEY (guild_id, role_id)
    ) WITHOUT ROWID
    """,
    "CREATE TABLE log_channels (guild_id INTEGER PRIMARY KEY, channel_id INTEGER NOT NULL)",
    "ALTER TABLE guild_settings ADD COLUMN cooldown_seconds REAL",
    """
    CREATE TABLE reports (
        id INTEGER PRIMARY KEY,
        guild_id INTEGER NOT NULL,
        clip_id INTEGER NOT NULL REFERENCES clips (id),
        user_id INTEGER NOT NULL,
        words TEXT,
        reported_at REAL NOT NULL,
        is_posted INTEGER NOT NULL DEFAULT 0,
        UNIQUE (clip_id, user_id)
    )
    """,
    "CREATE INDEX reports_by_user ON reports (user_id, reported_at)",
    "CREATE INDEX reports_by_age ON reports (reported_at)",
    "CREATE INDEX reports_to_post ON reports (guild_id, id) WHERE NOT is_posted",
)
