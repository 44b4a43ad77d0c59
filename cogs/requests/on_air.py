"""The radios that are on: what each plays next, and the message that shows it."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import random
from collections import deque
from collections.abc import Callable

import discord

from bot.app.client import ZhiyinBot
from bot.domain.radio import RadioPlan, RadioSource
from bot.errors import ZhiyinError
from bot.i18n.languages import Reader
from bot.voice.line import VoicePlace
from bot.voice.radio import Radio, RadioEnd, RadioTimings
from bot.voice.rotation import choose_next
from bot.voice.track import Track
from cogs.posting.outages import UNREACHABLE
from cogs.presentation import radio_messages
from cogs.requests.clip_cards import card_for
from cogs.requests.voice_places import check_rights, is_for_everybody, listeners_in

log = logging.getLogger(__name__)

ViewOf = Callable[[Reader, int], discord.ui.View]
_REMEMBERED = 100
_SHOWING = (discord.HTTPException, *UNREACHABLE)


class OnAir:
    """One server's radio."""

    def __init__(
        self,
        bot: ZhiyinBot,
        plan: RadioPlan,
        channel: VoicePlace,
        view_of: ViewOf,
        timings: RadioTimings | None,
    ) -> None:
        self.plan, self.votes = plan, set[int]()
        self._bot, self._view_of = bot, view_of
        self._played: deque[int] = deque(maxlen=_REMEMBERED)
        # Which clip comes next is of no consequence to anybody's safety.
        self._draw = random.Random()  # noqa: S311
        self._is_stopped = False
        self.clip_id: int | None = None
        """What is played."""
        self.radio = Radio(channel, choose=self._choose, tell=self._tell, timings=timings)

    @property
    def channel(self) -> VoicePlace:
        """Return where it plays."""
        return self.radio.channel

    @property
    def _read(self) -> Reader:
        return self._bot.languages.reader(self.channel.guild.preferred_locale.value)

    async def open(self) -> None:
        """Join the channel and begin. Raises RequestError."""
        check_rights(self.channel)
        await self.radio.open()
        self.note_listeners()
        if isinstance(self.channel, discord.StageChannel):
            await self.channel.guild.me.edit(suppress=False)

    async def run(self) -> None:
        """Play until it ends; then it says why, and is forgotten."""
        end = await self.radio.run()
        if end is RadioEnd.STOPPED and not self._is_stopped:
            return  # the bot stops: the radio comes back with it
        await self._bot.service.radio.drop(self.plan.guild_id)
        where = self.channel.mention
        said = {
            RadioEnd.STOPPED: radio_messages.STOPPED,
            RadioEnd.ALONE: radio_messages.LEFT_ALONE.fill(channel=where),
            RadioEnd.CHANNEL_GONE: radio_messages.CHANNEL_GONE,
            RadioEnd.LOST: radio_messages.SENT_AWAY.fill(channel=where),
        }
        log.info("radio.off server=%d because=%s", self.plan.guild_id, end.name.lower())
        await self._show(radio_messages.notice(self._read, said[end]), None)

    async def stop(self) -> None:
        """Switch it off for good."""
        self._is_stopped = True
        await self.radio.stop()

    def skip(self) -> None:
        """Go on with the next clip."""
        self.votes.clear()
        self.radio.skip()

    def note_listeners(self) -> None:
        """Count who listens."""
        self.radio.note_listeners(len(listeners_in(self.channel)))

    async def change(self, plan: RadioPlan) -> None:
        """Play something else from now on."""
        self.plan = plan
        await self._bot.service.radio.keep(plan)
        await self.radio.change()

    async def _choose(self) -> Track | None:
        guild, service = self.channel.guild, self._bot.service.radio
        found = await service.clips(self.plan)
        clips = {clip.id: clip for clip in found if is_for_everybody(guild, clip)}
        while clips:
            chosen = choose_next(list(clips), self._played, self._draw)
            assert chosen is not None
            try:
                track = await service.load(clips.pop(chosen))
            except ZhiyinError as error:
                log.info("radio.skipped clip=%d %s", chosen, error)
                continue
            self._played.append(chosen)
            return track
        return None

    async def _tell(self, track: Track | None) -> None:
        self.votes.clear()
        self.clip_id = None if track is None else track.clip_id
        log.info("radio.plays server=%d clip=%s", self.plan.guild_id, self.clip_id)
        await self._show(*await self.describe(self._read))

    async def describe(self, read: Reader) -> tuple[discord.Embed, discord.ui.View | None]:
        """Return what is played, and its buttons; none where nothing is."""
        where = self.channel.mention
        clip = None if self.clip_id is None else await self._bot.service.clips.find(self.clip_id)
        if clip is not None:
            card = await card_for(self._bot, read, clip, self.plan.guild_id)
            shown = radio_messages.now_playing(read, card, clip, where)
            return shown, self._view_of(read, clip.id)
        nothing = radio_messages.NOTHING_TO_PLAY.fill(channel=where)
        if self.plan.source is RadioSource.PERSON:
            who = f"<@{self.plan.person_id}>"
            nothing = radio_messages.NOTHING_OF_PERSON.fill(channel=where, who=who)
        return radio_messages.notice(read, nothing), None

    async def _show(self, embed: discord.Embed, view: discord.ui.View | None) -> None:
        """Edit the message; where it is gone, send another. It is heard anyway."""
        place = self._bot.get_partial_messageable(self.plan.text_channel_id)
        try:
            if self.plan.message_id is not None:
                message = place.get_partial_message(self.plan.message_id)
                await message.edit(content=None, embed=embed, view=view)
                return
        except discord.NotFound:
            pass
        except _SHOWING as error:
            log.info("radio.not_shown %s", error)
            return
        try:
            if view is None:
                sent = await place.send(embed=embed)
            else:
                sent = await place.send(embed=embed, view=view)
        except _SHOWING as error:
            log.info("radio.not_shown %s", error)
            return
        self.plan = dataclasses.replace(self.plan, message_id=sent.id)
        if not self._is_stopped:
            await self._bot.service.radio.keep(self.plan)


class RadiosOnAir:
    """The radios of all servers."""

    def __init__(
        self, bot: ZhiyinBot, view_of: ViewOf, timings: RadioTimings | None = None
    ) -> None:
        self._bot, self._view_of, self._timings = bot, view_of, timings
        self._radios: dict[int, OnAir] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._opening: set[int] = set()

    def of(self, guild_id: int) -> OnAir | None:
        """Return a server's radio."""
        return self._radios.get(guild_id)

    def is_opening(self, guild_id: int) -> bool:
        """Tell whether a server's radio is being switched on."""
        return guild_id in self._opening

    async def begin(self, plan: RadioPlan, channel: VoicePlace) -> OnAir:
        """Switch a server's radio on. Raises RequestError, and then it is off."""
        radio = OnAir(self._bot, plan, channel, self._view_of, self._timings)
        self._opening.add(plan.guild_id)
        try:
            await radio.open()
        finally:
            self._opening.discard(plan.guild_id)
        await self._bot.service.radio.keep(plan)
        self._radios[plan.guild_id] = radio
        task = asyncio.create_task(self._run(radio), name=f"radio of {plan.guild_id}")
        self._tasks[plan.guild_id] = task
        log.info("radio.on server=%d channel=%d", plan.guild_id, channel.id)
        return radio

    async def close(self) -> None:
        """Let all of them go, to come back after a restart."""
        for radio in list(self._radios.values()):
            await radio.radio.stop()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _run(self, radio: OnAir) -> None:
        guild_id = radio.plan.guild_id
        try:
            await radio.run()
        except Exception:
            log.exception("radio.broke server=%d", guild_id)
        finally:
            self._radios.pop(guild_id, None)
            self._tasks.pop(guild_id, None)

    async def restore(self) -> None:
        """Come back where a radio was playing, if people are still there."""
        for plan in await self._bot.service.radio.kept():
            if plan.guild_id in self._radios or plan.guild_id in self._opening:
                continue
            guild = self._bot.get_guild(plan.guild_id)
            if guild is None or guild.unavailable:
                continue
            channel = guild.get_channel(plan.channel_id)
            if not isinstance(channel, VoicePlace) or not listeners_in(channel):
                await self._bot.service.radio.drop(plan.guild_id)
                continue
            try:
                await self.begin(plan, channel)
            except ZhiyinError as error:
                log.info("radio.not_back server=%d %s", plan.guild_id, error)
                await self._bot.service.radio.drop(plan.guild_id)
