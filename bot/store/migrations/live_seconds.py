"""How much live music each server had made today."""

from __future__ import annotations

LIVE_SECONDS = (
    """
    CREATE TABLE live_seconds (
        guild_id INTEGER PRIMARY KEY,
        day TEXT NOT NULL,
        seconds REAL NOT NULL
    )
    """,
)
