"""The daily prompt: /admin daily, its post, and orders of clips from it."""

from __future__ import annotations

import asyncio
import logging
import zoneinfo
from collections.abc import Mapping
from typing import Any, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot import failpoints
from bot.app.client import Interaction, ZhiyinBot
from bot.domain.dailies import Daily, DailyPlan, DailyState, DailyStep
from bot.errors import Refused, RequestError
from cogs.posting.afterwards import afterwards
from cogs.posting.due_loop import DueLoop
from cogs.posting.keyed_runner import KeyedRunner
from cogs.posting.message_search import find_own
from cogs.posting.outages import is_outage
from cogs.posting.server_log import noted, post_to_log
from cogs.presentation import daily_messages, log_messages
from cogs.presentation.errors import report_error
from cogs.presentation.renderers import own_renderer, server_renderer
from cogs.requests.admin_group import admin_group, command_of
from cogs.requests.dailies import make_from_daily, require_daily
from cogs.requests.rights import guild_of
from cogs.views.daily_buttons import DailyButton, daily_view
from cogs.views.daily_form import CUSTOM_ID, read_daily_words
from cogs.views.form_fields import id_in_form

_CHOICES = 25
_NOT_ALLOWED, _NO_CHANNEL = {50001, 50013}, 10003

log = logging.getLogger(__name__)


async def suggest_zones(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """Suggest names of time zones."""
    wanted = current.casefold().replace(" ", "_")
    names = sorted(await asyncio.to_thread(zoneinfo.available_timezones))
    found = [name for name in names if wanted in name.casefold()]
    return [app_commands.Choice(name=name, value=name) for name in found[:_CHOICES]]


class DailyPrompt(commands.Cog):
    """Posts each server's prompt once a day, and takes orders from it."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._runner = KeyedRunner()
        self._fresh: set[int] = set()
        """Prompts that can't have been posted yet: no search is needed before posting."""
        self._command = command_of(self.daily)
        self._due_loop = DueLoop(
            "dailies", self._run_due, self._seconds_to_next, bot.service.retry_due_seconds
        )

    async def cog_load(self) -> None:
        """Add the command to /admin."""
        admin_group(self.bot).add_command(self._command)

    async def cog_unload(self) -> None:
        """Remove the command and stop; the next run of the bot continues."""
        admin_group(self.bot).remove_command(self._command.name)
        await self._due_loop.stop()
        await self._runner.stop()

    @app_commands.autocomplete(zone=suggest_zones)
    async def daily(
        self,
        interaction: Interaction,
        channel: discord.TextChannel | None = None,
        hour: app_commands.Range[int, 0, 23] = 18,
        zone: app_commands.Range[str, 1, 64] | None = None,
    ) -> None:
        """Choose where a prompt comes every day, from which all make clips.

        Parameters
        ----------
        channel:
            Where it is posted; leave it out to stop.
        hour:
            At which hour of the day.
        zone:
            The time zone of that hour; usually that of the daily quotas.
        """
        guild_id, render = guild_of(interaction), own_renderer(interaction)
        dailies = self.bot.service.dailies
        if channel is None:
            await dailies.end(guild_id)
            async with noted(interaction, log_messages.NO_DAILY):
                await interaction.response.send_message(
                    render(daily_messages.ENDED), ephemeral=True
                )
            return
        if interaction.guild is not None:
            rights = channel.permissions_for(interaction.guild.me)
            if not (rights.view_channel and rights.send_messages and rights.embed_links):
                raise Refused(daily_messages.MAY_NOT_POST.fill(channel=f"<#{channel.id}>"))
        try:
            plan, first_at = await dailies.begin(guild_id, channel.id, hour, zone)
        except ValueError:
            raise RequestError(daily_messages.NO_ZONE.fill(zone=zone)) from None
        answer = render(daily_messages.first_one(channel.id, first_at))
        done = log_messages.DAILY.fill(channel=f"<#{channel.id}>", hour=hour, zone=plan.zone)
        async with afterwards(self.bot, self.run_due), noted(interaction, done):
            await interaction.response.send_message(answer, ephemeral=True)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Post what a previous run left undone, and what was missed meanwhile."""
        await self.run_due()

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Order the clip from a submitted form, also from before a restart."""
        id_ = id_in_form(interaction, CUSTOM_ID)
        if id_ is None:
            return
        try:
            self.bot.service.guilds.check_place(interaction.guild_id)
            daily = await require_daily(interaction, id_)
            words = read_daily_words(cast(Mapping[str, Any], interaction.data))
            await make_from_daily(interaction, daily, words)
        except Exception as error:
            await report_error(interaction, error)

    async def run_due(self) -> bool:
        """Post every prompt that is due; return whether all succeeded."""
        return await self._due_loop.run_now()

    async def _run_due(self) -> bool:
        plans = await self.bot.service.dailies.plans()
        here = [plan.guild_id for plan in plans if self.bot.get_guild(plan.guild_id) is not None]
        return await self._runner.run_each(here, self._try)

    async def _try(self, guild_id: int) -> bool:
        """Post the prompt of a server if it is due; failures don't affect other servers."""
        try:
            plan = await self.bot.service.dailies.plan(guild_id)
            if plan is not None:
                await self._go_on(plan)
        except Exception as error:
            self._fresh.clear()
            if is_outage(error):
                log.warning("daily.postponed guild=%d %r", guild_id, error)
            else:
                log.exception("daily.failed guild=%d", guild_id)
            return False
        return True

    async def _seconds_to_next(self, most: float) -> float:
        now = self.bot.clock()
        return min([most, *(at - now for at in await self.bot.service.dailies.next_times())])

    async def _go_on(self, plan: DailyPlan) -> None:
        dailies = self.bot.service.dailies
        daily = await dailies.latest(plan.guild_id)
        step = dailies.next_step(plan, daily)
        if step is DailyStep.CHOOSE:
            daily = await dailies.choose_prompt(plan)
            if daily is None:
                log.info("daily.all_unwanted guild=%d", plan.guild_id)
                return
            if daily.state is not DailyState.PENDING:
                return  # a clock that was set back comes to a day for the second time
            self._fresh.add(daily.id)
            await failpoints.reached("daily.recorded")
            step = DailyStep.POST
        if daily is None or step is DailyStep.WAIT:
            return
        found = await self._find(daily)
        if found is None and step is DailyStep.GIVE_UP:
            log.info("daily.too_late id=%d", daily.id)
            await dailies.skip(daily)
            # The server's next prompt may be due already.
            await self._go_on(plan)
            return
        try:
            message_id = found or await self._post(plan, daily)
        except discord.HTTPException as error:
            if is_outage(error):
                raise
            log.warning("daily.refused id=%d code=%d", daily.id, error.code)
            await dailies.refuse(daily)
            if error.code == _NO_CHANNEL:
                sentence = log_messages.NO_CHANNEL_FOR_DAILY
            elif error.code in _NOT_ALLOWED:
                sentence = log_messages.CLOSED_TO_DAILY.fill(channel=f"<#{daily.channel_id}>")
            else:
                return  # it was posted and deleted, say
            await post_to_log(self.bot, daily.guild_id, sentence, nonce=f"no-daily/{daily.id}")
            return
        await failpoints.reached("daily.posted")
        await dailies.record_post(daily, message_id)
        self._fresh.discard(daily.id)

    async def _find(self, daily: Daily) -> int | None:
        """Return the message of a prompt that a previous run may have posted."""
        if daily.id in self._fresh:
            return None
        wanted = f"zhiyin:daily:{daily.id}:"

        def is_match(message: discord.Message) -> bool:
            rows = [row for row in message.components if isinstance(row, discord.ActionRow)]
            ids = [getattr(each, "custom_id", None) or "" for row in rows for each in row.children]
            return any(id_.startswith(wanted) for id_ in ids)

        channel = self.bot.get_partial_messageable(daily.channel_id)
        # This machine's clock may differ from Discord's, so there is no lower bound.
        return await find_own(self.bot, channel, is_match, since_id=None)

    async def _post(self, plan: DailyPlan, daily: Daily) -> int:
        render = server_renderer(self.bot, daily.guild_id)
        winner, missed = await self.bot.service.dailies.before(plan, daily)
        sent = await self.bot.get_partial_messageable(daily.channel_id).send(
            embed=daily_messages.card(render, daily, winner, missed),
            view=daily_view(render, daily),
            nonce=f"daily-{daily.id}",
        )
        return sent.id


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog, and register the buttons of daily prompts."""
    bot.add_dynamic_items(DailyButton)
    await bot.add_cog(DailyPrompt(bot))
