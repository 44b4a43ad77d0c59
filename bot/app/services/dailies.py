"""Daily prompts: plan, choose and post them, and list clips made from them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bot.config import time_zone
from bot.domain.clips import Clip
from bot.domain.dailies import Daily, DailyPlan, DailyState, DailyStep
from bot.domain.quota_day import QuotaDay
from bot.errors import Refused
from bot.jams.dailies import days_without, next_step, order_prompts
from bot.jams.daily_prompts import PLAIN, RECENT, SCENES
from bot.models.registry import STARTER
from bot.pipeline.service import Pipeline


class DailyService:
    """Plans and posts daily prompts; every step is idempotent."""

    def __init__(self, pipeline: Pipeline, clock: Callable[[], float]) -> None:
        self._pipeline, self._clock = pipeline, clock
        self._dailies = pipeline.store.dailies
        self._trusts_clock_at = time.monotonic() + pipeline.timings.clock_settles_seconds

    async def begin(
        self, guild_id: int, channel_id: int, hour: int, zone: str | None
    ) -> tuple[DailyPlan, float]:
        """Set a server's daily prompt; return its plan, and when the first one is due.

        `zone` is an IANA time zone; None for the quotas' zone. Raises ValueError for an unknown
        one.
        """
        zone = zone or self._pipeline.config.limits.time_zone
        hours = QuotaDay(hour, time_zone(zone))
        plan = await self._dailies.set_plan(guild_id, channel_id, hour, zone)
        latest = await self.latest(guild_id)
        now = self._clock()
        first_at = hours.resets_at(now)
        # At most one prompt a day.
        if latest is not None and hours.of(first_at) <= latest.day:
            first_at = hours.resets_at(first_at)
        return plan, first_at

    async def end(self, guild_id: int) -> None:
        """Remove a server's daily prompt."""
        await self._dailies.clear_plan(guild_id)

    async def plans(self) -> list[DailyPlan]:
        """Return the plans of all servers."""
        return await self._dailies.plans()

    async def plan(self, guild_id: int) -> DailyPlan | None:
        """Return the plan of a server, if it has one."""
        return await self._dailies.plan(guild_id)

    async def next_times(self) -> list[float]:
        """Return when each server's next prompt is due."""
        now = self._clock()
        return [_hours(plan).resets_at(now) for plan in await self._dailies.plans()]

    async def find(self, daily_id: int) -> Daily | None:
        """Return a prompt."""
        return await self._dailies.get(daily_id)

    async def latest(self, guild_id: int) -> Daily | None:
        """Return the last prompt of a server, posted or not."""
        return next(iter(await self._latest(guild_id, 1)), None)

    def next_step(self, plan: DailyPlan, latest: Daily | None) -> DailyStep:
        """Return the next step for a server now."""
        now = self._clock()
        if plan.set_at > now and self._trusts_clock:
            plan = replace(plan, set_at=0.0)
        return next_step(plan, _hours(plan), latest, now)

    async def choose_prompt(self, plan: DailyPlan) -> Daily | None:
        """Choose and record today's prompt; None if the word filter refuses all."""
        now, hours = self._clock(), _hours(plan)
        day = hours.of(now)
        recent = {each.prompt for each in await self._latest(plan.guild_id, RECENT)}
        prompts = PLAIN if self._pipeline.config.model.name == STARTER else SCENES
        for prompt in order_prompts(prompts, recent, plan.guild_id, day):
            try:
                await self._pipeline.word_filter.check(plan.guild_id, prompt)
            except Refused:
                continue
            return await self._dailies.create(plan, day, prompt, hours.began_at(now))
        return None

    async def before(self, plan: DailyPlan, daily: Daily) -> tuple[Clip | None, int]:
        """Return the best clip of the previous prompt, and the number of days without one."""
        found = await self._latest(plan.guild_id, RECENT)
        posted = [
            each for each in found if each.day < daily.day and each.state is DailyState.POSTED
        ]
        last = posted[0] if posted else None
        missed = days_without(plan, last, daily.day, _hours(plan))
        clips = [] if last is None else await self._dailies.clips(last.id)
        return next((clip for clip in clips if clip.stars), None), missed

    async def clips(self, daily: Daily) -> list[Clip]:
        """Return the clips made from a prompt, most stars first."""
        return await self._dailies.clips(daily.id)

    async def record_post(self, daily: Daily, message_id: int) -> None:
        """Record the message of a prompt."""
        await self._dailies.record_post(daily.id, message_id)

    async def refuse(self, daily: Daily) -> None:
        """Record that a prompt can't be posted; the next day tries again."""
        await self._dailies.refuse(daily.id)

    async def skip(self, daily: Daily) -> None:
        """Record that a prompt was not posted in time."""
        await self._dailies.skip(daily.id)

    async def _latest(self, guild_id: int, most: int) -> list[Daily]:
        """Return the last prompts of a server, newest first.

        Those beyond tomorrow, which is today in some time zones, are of a clock that ran ahead: no
        day before theirs would get a prompt.
        """
        tomorrow = datetime.fromtimestamp(self._clock(), UTC).date() + timedelta(days=1)
        last = tomorrow if self._trusts_clock else date.max
        return await self._dailies.latest(guild_id, most, last.isoformat())

    @property
    def _trusts_clock(self) -> bool:
        return time.monotonic() >= self._trusts_clock_at


def _hours(plan: DailyPlan) -> QuotaDay:
    return QuotaDay(plan.hour, time_zone(plan.zone))
