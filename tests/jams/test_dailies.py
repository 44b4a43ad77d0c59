"""Daily prompts: once a day at their hour, late after an outage, never twice or far too late."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.dailies import Daily, DailyPlan, DailyState, DailyStep
from bot.domain.quota_day import QuotaDay
from bot.jams.dailies import LATEST_SECONDS, days_without, next_step, order_prompts
from bot.jams.daily_prompts import PLAIN, RECENT, SCENES
from bot.words.facets import Facet
from bot.words.phrases import read_phrases

VIENNA = ZoneInfo("Europe/Vienna")
HOUR = 3600.0


def at(text, zone=VIENNA):
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def planned(set_at, hour=18):
    plan = DailyPlan(guild_id=10, channel_id=5, hour=hour, zone="Europe/Vienna", set_at=at(set_at))
    return plan, QuotaDay(hour, VIENNA)


def daily(day, state=DailyState.POSTED, due_at=0.0):
    return Daily(
        id=1, guild_id=10, channel_id=5, day=day, prompt="x", due_at=due_at, wished_at=due_at,
        state=state,
    )  # fmt: skip


def test_a_daily_prompt_is_due_at_its_hour_once_a_day():
    """If switched on after the hour, the first prompt is on the next day."""
    plan, hours = planned("2026-11-28 19:00")
    assert next_step(plan, hours, None, at("2026-11-28 19:01")) is DailyStep.WAIT
    assert next_step(plan, hours, None, at("2026-11-29 17:59")) is DailyStep.WAIT
    assert next_step(plan, hours, None, at("2026-11-29 18:00")) is DailyStep.CHOOSE
    done = daily("2026-11-29")
    assert next_step(plan, hours, done, at("2026-11-29 18:01")) is DailyStep.WAIT
    assert next_step(plan, hours, done, at("2026-11-30 17:59")) is DailyStep.WAIT
    assert next_step(plan, hours, done, at("2026-11-30 18:00")) is DailyStep.CHOOSE


def test_a_missed_prompt_is_late_or_skipped():
    """The same holds for a prompt that was recorded and never posted."""
    plan, hours = planned("2026-11-01 12:00")
    due_at = at("2026-11-29 18:00")
    yesterday = daily("2026-11-28")
    assert next_step(plan, hours, yesterday, due_at + LATEST_SECONDS) is DailyStep.CHOOSE
    assert next_step(plan, hours, yesterday, due_at + LATEST_SECONDS + 1) is DailyStep.WAIT
    wished = daily("2026-11-29", DailyState.PENDING, due_at)
    assert next_step(plan, hours, wished, due_at + LATEST_SECONDS) is DailyStep.POST
    assert next_step(plan, hours, wished, due_at + LATEST_SECONDS + 1) is DailyStep.GIVE_UP
    refused = replace(wished, state=DailyState.REFUSED)
    assert next_step(plan, hours, refused, due_at + 60) is DailyStep.WAIT


def test_changing_the_hour_gives_no_second_prompt_that_day():
    """Nor does another time zone."""
    plan, hours = planned("2026-11-29 10:00", hour=20)
    posted = daily("2026-11-29")
    assert next_step(plan, hours, posted, at("2026-11-29 20:00")) is DailyStep.WAIT
    assert next_step(plan, hours, posted, at("2026-11-30 20:00")) is DailyStep.CHOOSE
    east = QuotaDay(9, ZoneInfo("Pacific/Auckland"))
    now = at("2026-11-29 23:00", UTC)
    moved = replace(plan, set_at=now - 4 * HOUR)
    assert east.of(now) == "2026-11-30"
    assert next_step(moved, east, daily("2026-11-30"), now) is DailyStep.WAIT


@pytest.mark.parametrize(
    ("hour", "around"), [(2, "2026-03-29"), (2, "2026-10-25"), (3, "2026-03-29"), (0, "2026-10-25")]
)
def test_days_with_dst_changes_have_one_prompt(hour, around):
    """Also at an hour that does not exist that day, or that occurs twice."""
    plan, hours = planned("2026-01-01 12:00", hour)
    start = at(f"{around} 12:00") - 2 * 24 * HOUR
    latest, days = None, []
    for quarter in range(4 * 24 * 4):
        now = start + quarter * 900
        if next_step(plan, hours, latest, now) is DailyStep.CHOOSE:
            latest = daily(hours.of(now))
            days.append(latest.day)
    middle = datetime.fromisoformat(around).date()
    wanted = [str(middle + timedelta(days=shift)) for shift in (-1, 0, 1, 2)]
    assert [day for day in days if day >= wanted[0]] == wanted
    assert len(days) == len(set(days))


def test_days_without_a_prompt_are_counted_from_when_it_was_switched_on():
    """Days while prompts were switched off do not count as missed."""
    plan, hours = planned("2026-11-01 12:00")
    assert days_without(plan, None, "2026-11-29", hours) == 0
    assert days_without(plan, daily("2026-11-28"), "2026-11-29", hours) == 0
    assert days_without(plan, daily("2026-11-26"), "2026-11-29", hours) == 2
    again, hours = planned("2026-11-28 12:00")
    assert days_without(again, daily("2026-11-20"), "2026-11-29", hours) == 1
    late, hours = planned("2026-11-28 19:00")
    assert days_without(late, daily("2026-11-20"), "2026-11-29", hours) == 0
    assert days_without(late, daily("2026-11-20"), "2026-11-30", hours) == 1


@pytest.mark.parametrize("prompts", [PLAIN, SCENES], ids=["plain", "scenes"])
def test_no_prompt_repeats_within_four_weeks(prompts):
    """The choice depends on the day and the server only."""
    taken: list[str] = []
    for number in range(120):
        recent = taken[-RECENT:]
        first, *_ = order_prompts(prompts, recent, 10, f"day {number}")
        assert order_prompts(prompts, recent, 10, f"day {number}")[0] == first
        assert first not in recent
        taken.append(first)
    assert set(taken) == set(prompts)
    here, there = (order_prompts(prompts, [], guild, "day")[:5] for guild in (10, 11))
    assert here != there


def test_the_starter_model_understands_its_prompts():
    """Each names a style that the model is trained on, and no two are the same."""
    for prompt in PLAIN:
        assert any(each.facet is Facet.STYLE for each in read_phrases(prompt)), prompt
    for prompts in (PLAIN, SCENES):
        assert len(set(prompts)) == len(prompts) > RECENT
