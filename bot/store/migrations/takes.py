"""The takes of an order, which are shown in one message."""

from __future__ import annotations

TAKES = (
    "ALTER TABLE jobs ADD COLUMN group_key TEXT",
    "CREATE INDEX jobs_by_group ON jobs (group_key, id) WHERE group_key IS NOT NULL",
)
