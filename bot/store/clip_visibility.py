"""Which clips everybody may be shown: those that their people see alone are left out of lists."""

from __future__ import annotations

# Who made which entry is a secret until the votes are counted.
IS_FOR_ALL = (
    "NOT clips.is_private AND NOT EXISTS (SELECT 1 FROM jobs CROSS JOIN battles "
    "ON battles.id = jobs.battle_id WHERE jobs.id = clips.job_id AND battles.state != 'ended')"
)
"""The condition, of a row of the table of clips."""
