"""SQL conditions for the clips that everybody may see, and that a person can see."""

from __future__ import annotations

import json

from bot.domain.sight import Sight

IS_OUT_OF_BATTLES = (
    "NOT EXISTS (SELECT 1 FROM jobs CROSS JOIN battles "
    "ON battles.id = jobs.battle_id WHERE jobs.id = clips.job_id AND battles.state != 'ended')"
)
"""SQL condition for a row of `clips`: no entry of a running battle."""

# Entries of a battle are secret until the votes are counted.
IS_FOR_ALL = f"NOT clips.is_private AND {IS_OUT_OF_BATTLES}"
"""SQL condition for a row of `clips`."""

IS_IN_SIGHT = (
    "(clips.user_id = :viewer OR NOT clips.is_private "
    "AND clips.channel_id IN (SELECT value FROM json_each(:places)))"
)
"""SQL condition for a row of `clips`, with the parameters of `seen_by`.

It is part of the query, since a limit must count visible clips only.
"""


def seen_by(sight: Sight) -> dict[str, object]:
    """Return the parameters of `IS_IN_SIGHT`."""
    return {"viewer": sight.user_id, "places": json.dumps(sorted(sight.channel_ids))}
