"""The radios that are on."""

from __future__ import annotations

RADIOS = (
    """
    CREATE TABLE radios (
        guild_id INTEGER PRIMARY KEY,
        channel_id INTEGER NOT NULL,
        text_channel_id INTEGER NOT NULL,
        source TEXT NOT NULL,
        user_id INTEGER NOT NULL,
        person_id INTEGER,
        message_id INTEGER,
        words TEXT NOT NULL DEFAULT '[]',
        begun_at REAL NOT NULL
    )
    """,
)
