"""Clips that running battles and open jams need, also when they are old."""

from __future__ import annotations

from bot.store.clip_visibility import IS_OUT_OF_BATTLES

# INDEXED BY, since the tables keep all that have ended.
IS_NOT_IN_USE = f"""
    {IS_OUT_OF_BATTLES}
    AND clips.id NOT IN (
        SELECT clip_id FROM battles INDEXED BY battles_going_on
        WHERE state != 'ended' AND clip_id IS NOT NULL)
    AND clips.job_id NOT IN (
        SELECT jam_turns.job_id FROM jams INDEXED BY jams_going_on
        CROSS JOIN jam_turns ON jam_id = jams.id
        WHERE state != 'closed' AND NOT is_undone AND jam_turns.job_id IS NOT NULL)
"""  # noqa: S608 - ours
"""SQL condition for a row of `clips`.

A battle needs its entries and the clip that all remix; a jam, such as a fork of an old one, needs
its track.
"""
