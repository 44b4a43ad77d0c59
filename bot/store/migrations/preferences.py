"""What people prefer."""

from __future__ import annotations

PREFERENCES = (
    """
    CREATE TABLE preferences (
        user_id INTEGER PRIMARY KEY,
        is_called INTEGER NOT NULL,
        seconds REAL
    )
    """,
)
