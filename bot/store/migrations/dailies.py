"""Daily prompts: where servers want them, those there were, and the jobs that were made of them."""

from __future__ import annotations

DAILIES = (
    """
    CREATE TABLE daily_plans (
        guild_id INTEGER PRIMARY KEY,
        channel_id INTEGER NOT NULL,
        hour INTEGER NOT NULL,
        zone TEXT NOT NULL,
        set_at REAL NOT NULL
    )
    """,
    """
    CREATE TABLE dailies (
        id INTEGER PRIMARY KEY,
        guild_id INTEGER NOT NULL,
        channel_id INTEGER NOT NULL,
        day TEXT NOT NULL,
        prompt TEXT NOT NULL,
        due_at REAL NOT NULL,
        wished_at REAL NOT NULL,
        state TEXT NOT NULL,
        message_id INTEGER,
        UNIQUE (guild_id, day)
    )
    """,
    "ALTER TABLE jobs ADD COLUMN daily_id INTEGER",
    "CREATE INDEX jobs_by_daily ON jobs (daily_id) WHERE daily_id IS NOT NULL",
)
