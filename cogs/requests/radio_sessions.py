"""The radios of all servers: started, stopped, and restored after a restart."""

from __future__ import annotations

import asyncio
import dataclasses
import logging

import discord

from bot.app.client import ZhiyinBot
from bot.app.network_errors import NETWORK_ERRORS
from bot.domain.radio import RadioPlan
from bot.errors import RequestError, ZhiyinError
from bot.i18n.sentence import Sentence
from bot.voice.connection import VoicePlace
from bot.voice.radio import RadioTimings
from cogs.posting.radio_card import edit_or_post
from cogs.presentation import radio_messages
from cogs.presentation.renderers import server_renderer
from cogs.requests.radio_session import RadioSession, ViewOf
from cogs.requests.voice_places import listeners_in

log = logging.getLogger(__name__)


class RadioSessions:
    """The radios of all servers."""

    def __init__(
        self, bot: ZhiyinBot, view_of: ViewOf, timings: RadioTimings | None = None
    ) -> None:
        self._bot, self._view_of, self._timings = bot, view_of, timings
        self._radios: dict[int, RadioSession] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._opening: dict[int, tuple[RadioSession, asyncio.Event]] = {}

    def of(self, guild_id: int) -> RadioSession | None:
        """Return a server's radio, unless it is stopping."""
        radio = self._radios.get(guild_id)
        return None if radio is None or radio.is_ending else radio

    def all(self) -> list[RadioSession]:
        """Return the running radios."""
        return list(self._radios.values())

    def check_off(self, guild_id: int, channel: VoicePlace) -> None:
        """Raise RequestError if a server's radio is on or starting."""
        playing = self.of(guild_id)
        if playing is not None or guild_id in self._opening:
            where = channel if playing is None else playing.channel
            raise RequestError(radio_messages.IS_ON.fill(channel=where.mention))

    async def begin(self, plan: RadioPlan, channel: VoicePlace) -> RadioSession:
        """Start a server's radio, after the one that is stopping there, if any.

        Raises RequestError if it is on already, or can't play.
        """
        self.check_off(plan.guild_id, channel)
        radio = RadioSession(self._bot, plan, channel, self._view_of, self._timings)
        opened = asyncio.Event()
        self._opening[plan.guild_id] = radio, opened
        try:
            if (ending := self._tasks.get(plan.guild_id)) is not None:
                await asyncio.wait([ending])
            await radio.open()
            self._radios[plan.guild_id] = radio
            task = asyncio.create_task(self._run(radio), name=f"radio of {plan.guild_id}")
            self._tasks[plan.guild_id] = task
        finally:
            del self._opening[plan.guild_id]
            opened.set()
        log.info("radio.on server=%d channel=%d", plan.guild_id, channel.id)
        return radio

    async def settle(self, radio: RadioSession, here: VoicePlace, *, suppressed: bool) -> None:
        """Note the channel that a radio has come into; on a stage, become a speaker."""
        if suppressed and isinstance(here, discord.StageChannel):
            try:
                await here.guild.me.edit(suppress=False)
            except (discord.HTTPException, *NETWORK_ERRORS) as error:
                log.info("radio.not_heard server=%d %s", here.guild.id, error)
        if here.id != radio.plan.channel_id:
            radio.plan = dataclasses.replace(radio.plan, channel_id=here.id)
            await self._bot.service.radio.update(radio.plan)
            await radio.show()

    async def close(self) -> None:
        """Stop all radios, also those that are starting; they are restored after the restart."""
        opening = list(self._opening.values())
        sessions = [*self.all(), *(session for session, _ in opening)]
        await asyncio.gather(*(each.radio.stop() for each in sessions), return_exceptions=True)
        await asyncio.gather(*(opened.wait() for _, opened in opening))
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _run(self, radio: RadioSession) -> None:
        guild_id = radio.plan.guild_id
        try:
            await radio.run()
        except Exception:
            # The plan stays: it is tried again after a restart.
            log.exception("radio.failed server=%d", guild_id)
            await self._tell(radio.plan, radio_messages.STOPPED)
        finally:
            self._radios.pop(guild_id, None)
            self._tasks.pop(guild_id, None)

    async def restore(self) -> None:
        """Restart the radios that were playing, where people still listen."""
        service = self._bot.service.radio
        for plan in await service.kept():
            # While others came back, it may have been stopped, or deleted with its person.
            is_kept = plan in await service.kept()
            if not is_kept or plan.guild_id in self._radios or plan.guild_id in self._opening:
                continue
            guild = self._bot.get_guild(plan.guild_id)
            if guild is None or guild.unavailable:
                continue
            channel = guild.get_channel(plan.channel_id)
            if not isinstance(channel, VoicePlace):
                await self._give_up(plan, radio_messages.CHANNEL_GONE)
                continue
            if not listeners_in(channel):
                left = radio_messages.LEFT_ALONE.fill(channel=channel.mention)
                await self._give_up(plan, left)
                continue
            try:
                await self.begin(plan, channel)
            except ZhiyinError as error:
                log.info("radio.not_back server=%d %s", plan.guild_id, error)
                await self._give_up(plan, error.sentence)
            except Exception:
                # The others are still to come back; this one is tried again after a restart.
                log.exception("radio.not_back server=%d", plan.guild_id)

    async def _give_up(self, plan: RadioPlan, why: Sentence) -> None:
        """Drop a radio that does not come back; its message says why."""
        await self._bot.service.radio.drop(plan.guild_id)
        await self._tell(plan, why)

    async def _tell(self, plan: RadioPlan, why: Sentence) -> None:
        notice = radio_messages.notice(server_renderer(self._bot, plan.guild_id), why)
        await edit_or_post(self._bot, plan, notice, None)
