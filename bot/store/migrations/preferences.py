"""What people prefer; and what they have alone until they post it."""

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
AS_VOICE = ("ALTER TABLE preferences ADD COLUMN as_voice INTEGER NOT NULL DEFAULT 0",)
PRIVATE_ANSWERS = (
    "ALTER TABLE preferences ADD COLUMN is_private INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN is_private INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE clips ADD COLUMN is_private INTEGER NOT NULL DEFAULT 0",
)
