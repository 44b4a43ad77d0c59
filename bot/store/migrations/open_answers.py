"""Open answers: responses without an accepted order."""

from __future__ import annotations

OPEN_ANSWERS = (
    """
            CREATE TABLE open_answers (
                key TEXT PRIMARY KEY,
                channel_id INTEGER NOT NULL,
                text TEXT NOT NULL,
                token TEXT,
                token_expires_at REAL NOT NULL,
                message_id INTEGER,
                locale TEXT
            ) WITHOUT ROWID
            """,
)
