"""Policy of daily prompts: when one is due, and which one. Pure functions."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import date, timedelta

from bot.domain.dailies import Daily, DailyPlan, DailyState, DailyStep
from bot.domain.quota_day import QuotaDay

LATEST_SECONDS = 6 * 3600.0
"""How late a prompt is still posted if the bot was off at its hour."""


def next_step(plan: DailyPlan, hours: QuotaDay, latest: Daily | None, now: float) -> DailyStep:
    """Return the next step for a server at a time, in seconds since 1970.

    `hours` are the days that begin at its hour; `latest` is its last chosen prompt.
    """
    if latest is not None and latest.state is DailyState.PENDING:
        return DailyStep.POST if now - latest.due_at <= LATEST_SECONDS else DailyStep.GIVE_UP
    due_at = hours.began_at(now)
    # A plan set in the afternoon does not apply to this morning; a day has one prompt, also if its
    # hour or time zone is changed during the day.
    if due_at < plan.set_at or now - due_at > LATEST_SECONDS:
        return DailyStep.WAIT
    if latest is not None and latest.day >= hours.of(now):
        return DailyStep.WAIT
    return DailyStep.CHOOSE


def days_without(plan: DailyPlan, last: Daily | None, day: str, hours: QuotaDay) -> int:
    """Return how many days before a day had no prompt although the plan was set.

    The first day that counts is the one whose hour came after the plan was set.
    """
    if last is None:
        return 0
    first = date.fromisoformat(last.day) + timedelta(days=1)
    set_for = date.fromisoformat(hours.of(hours.resets_at(plan.set_at)))
    return max(0, (date.fromisoformat(day) - max(first, set_for)).days)


def order_prompts(
    prompts: Sequence[str], recent: Collection[str], guild_id: int, day: str
) -> list[str]:
    """Return the prompts in the order to try them, deterministic for a server and a day.

    Recent ones come last. Servers have different orders.
    """

    def shuffled(prompt: str) -> tuple[bool, bytes]:
        digest = hashlib.sha256(f"{guild_id}/{day}/{prompt}".encode()).digest()
        return prompt in recent, digest

    return sorted(prompts, key=shuffled)
