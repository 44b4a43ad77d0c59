"""The SQL condition for clips that everybody may see."""

from __future__ import annotations

# Entries of a battle are secret until the votes are counted.
IS_FOR_ALL = (
    "NOT clips.is_private AND NOT EXISTS (SELECT 1 FROM jobs CROSS JOIN battles "
    "ON battles.id = jobs.battle_id WHERE jobs.id = clips.job_id AND battles.state != 'ended')"
)
"""SQL condition for a row of `clips`."""
