"""The languages that people and servers have chosen, where it is not the one that Discord says."""

from __future__ import annotations

LANGUAGES = (
    "ALTER TABLE preferences ADD COLUMN language TEXT",
    "CREATE TABLE server_languages (guild_id INTEGER PRIMARY KEY, language TEXT NOT NULL)",
)
