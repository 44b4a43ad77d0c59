"""The settings that people and servers have given a name."""

from __future__ import annotations

PRESETS = (
    """
    CREATE TABLE presets (
        is_server INTEGER NOT NULL,
        owner_id INTEGER NOT NULL,
        folded_name TEXT NOT NULL,
        name TEXT NOT NULL,
        words TEXT,
        settings TEXT NOT NULL,
        PRIMARY KEY (is_server, owner_id, folded_name)
    ) WITHOUT ROWID
    """,
)
