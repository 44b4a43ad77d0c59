"""Who has asked to be forgotten, and what that covers."""

from __future__ import annotations

FORGOTTEN_PEOPLE = (
    """
    CREATE TABLE forgotten (
        user_id INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        last_job_id INTEGER NOT NULL,
        last_entry_id INTEGER NOT NULL
    )
    """,
    """
    INSERT INTO forgotten
    SELECT who, at,
    COALESCE((SELECT MAX(id) FROM jobs WHERE user_id = who AND created_at <= wish.at), 0),
    COALESCE((SELECT MAX(id) FROM ledger WHERE user_id = who AND at <= wish.at), 0)
    FROM (
        SELECT CAST(substr(name, 8) AS INTEGER) AS who, CAST(value AS REAL) AS at
        FROM facts WHERE name LIKE 'forget:%'
    ) AS wish
    """,
    "DELETE FROM facts WHERE name LIKE 'forget:%'",
)
