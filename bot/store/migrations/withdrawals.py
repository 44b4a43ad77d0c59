"""Messages that still show deleted clips."""

from __future__ import annotations

WITHDRAWALS = (
    """
    CREATE TABLE withdrawals (
        message_id INTEGER NOT NULL,
        channel_id INTEGER NOT NULL,
        clip_id INTEGER NOT NULL,
        PRIMARY KEY (message_id, channel_id)
    ) WITHOUT ROWID
    """,
)
