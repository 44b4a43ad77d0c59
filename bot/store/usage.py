"""SQL for the seconds that a person, or a server, has used of a quota day.

A reservation counts at once, unless it is refunded or covered by a later reset, so that a refund
after a reset gives nothing back twice. A manager's reset covers its server, the owner's everything.
Parameters: `:user`, `:guild` for a server's use, and `:day`.
"""

from __future__ import annotations

_REFUNDED = "EXISTS (SELECT 1 FROM ledger WHERE job_id = kept.job_id AND entry = 'refund')"
_HELD = "EXISTS (SELECT 1 FROM jobs WHERE jobs.id = kept.job_id AND state = 'held')"


def _used(resets: str, refunded: str, where: str = "TRUE") -> str:
    return f"""
    WITH resets AS MATERIALIZED (
        SELECT guild_id, MAX(id) AS last_id FROM ledger
        WHERE user_id = :user AND day = :day AND entry = 'reset' AND {resets} GROUP BY guild_id
    )
    SELECT COALESCE(SUM(seconds), 0) FROM ledger AS kept
    WHERE user_id = :user AND day = :day AND entry = 'reserve' AND seconds > 0 AND {where}
    AND NOT ({refunded})
    AND NOT EXISTS (
        SELECT 1 FROM resets WHERE last_id > kept.id
        AND (resets.guild_id IS NULL OR resets.guild_id = kept.guild_id)
    )
    """  # noqa: S608 - ours


USED_BY_PERSON = _used("TRUE", _REFUNDED)
"""Seconds that count against what a person may have in a day."""

USED_ON_GUILD = _used("TRUE", _REFUNDED, "guild_id = :guild")
"""That part of it which was used on one server."""

RECEIVED_BY_PERSON = _used("guild_id IS NULL", f"{_REFUNDED} AND NOT {_HELD}")
"""Seconds that count against the most that anybody may have in a day.

No manager's reset takes them back, and neither does a failure to post a clip that is held: it can
still be fetched.
"""

USED_BY_GUILD = """
    SELECT COALESCE(SUM(
        CASE entry WHEN 'reserve' THEN seconds WHEN 'refund' THEN -seconds ELSE 0 END), 0)
    FROM ledger WHERE guild_id = :guild AND day = :day
"""
"""Seconds that count against what a server may have in a day: no reset takes them back."""
