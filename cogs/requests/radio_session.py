"""One server's radio while it is on: what it plays next, and the message that shows it."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import logging
import random
from collections import deque
from collections.abc import Callable

import discord

from bot.app.client import ZhiyinBot
from bot.domain.live_words import Words
from bot.domain.radio import RadioPlan, RadioSource
from bot.errors import RequestError, ZhiyinError
from bot.i18n.languages import Renderer
from bot.voice.connection import VoicePlace
from bot.voice.live_player import LivePlayer
from bot.voice.radio import Radio, RadioEnd, RadioTimings
from bot.voice.rotation import choose_next
from bot.voice.track import Track
from cogs.posting.radio_card import edit_or_post
from cogs.presentation import radio_messages
from cogs.presentation.renderers import server_renderer
from cogs.requests.latest_work import LatestWork
from cogs.requests.radio_clips import clips_of
from cogs.requests.radio_description import describe_radio
from cogs.requests.steering_cooldown import SteeringCooldown
from cogs.requests.voice_places import check_rights, listeners_in
from cogs.requests.voice_status import show_status

log = logging.getLogger(__name__)

ViewOf = Callable[[Renderer, int], discord.ui.View]
_REMEMBERED = 100


class RadioSession:
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
        # Not security relevant: picks the next clip.
        self._draw = random.Random()  # noqa: S311
        self._changing, self._is_stopped = asyncio.Lock(), False
        self.is_ending = False
        """Whether it is stopping: another may be started after it."""
        self.pauses = SteeringCooldown(bot.clock)
        """The rate limit for people who steer."""
        self._status: str | None = None
        self._card = LatestWork(self.show, "radio card")
        self.clip_id: int | None = None
        """The clip that is playing."""
        self.radio = Radio(channel, choose=self._choose, tell=self._tell, timings=timings)

    @property
    def channel(self) -> VoicePlace:
        """Return where it plays."""
        return self.radio.channel

    @property
    def _renderer(self) -> Renderer:
        return server_renderer(self._bot, self.channel.guild.id)

    @property
    def plays_live(self) -> bool:
        """Return whether live music is playing."""
        return self.radio.live_player is not None and self.radio.live_player.is_heard

    async def open(self) -> None:
        """Join the channel, start, and keep the plan for a restart. Raises RequestError."""
        check_rights(self.channel)
        await self._begin_live()
        try:
            await self.radio.open()
            self.note_listeners()
            if isinstance(self.channel, discord.StageChannel):
                await self.channel.guild.me.edit(suppress=False)
            await self._bot.service.radio.begin(self.plan)
        except BaseException:
            self._end_live()
            await self.radio.stop()
            raise

    async def run(self) -> None:
        """Play until it ends, then show why and remove its plan."""
        try:
            end = await self.radio.run()
        finally:
            self.is_ending = True
            log.info("radio.heard server=%d %s", self.plan.guild_id, self.radio.summary)
            self._end_live()
            await self._card.end()
        if end is RadioEnd.STOPPED and not self._is_stopped:
            return  # the bot stops: the radio is restored after the restart
        await self._bot.service.radio.drop(self.plan.guild_id)
        where = self.channel.mention
        sentences = {
            RadioEnd.STOPPED: radio_messages.STOPPED,
            RadioEnd.ALONE: radio_messages.LEFT_ALONE.fill(channel=where),
            RadioEnd.CHANNEL_GONE: radio_messages.CHANNEL_GONE,
            RadioEnd.LOST: radio_messages.SENT_AWAY.fill(channel=where),
        }
        log.info("radio.off server=%d because=%s", self.plan.guild_id, end.name.lower())
        await self._show(radio_messages.notice(self._renderer, sentences[end]), None)

    async def stop(self) -> None:
        """Stop for good."""
        self._is_stopped = self.is_ending = True
        await self._card.end()
        # Cleared before leaving: outside the channel the bot may not.
        if self._status is not None:
            await show_status(self.channel, None)
        await self.radio.stop()

    def skip(self) -> None:
        """Go on with the next clip."""
        self.votes.clear()
        self.radio.skip()

    def note_listeners(self) -> None:
        """Count who listens."""
        self.radio.note_listeners(len(listeners_in(self.channel)))

    async def change(self, plan: RadioPlan) -> None:
        """Play another source from now on. Raises RequestError, also once the radio ends."""
        # One change after the other: what plays is always what the last one asked for.
        async with self._changing:
            if plan.source is RadioSource.LIVE:
                await self._bot.service.live_music.check(plan.guild_id)
            self._check_on()
            # The card may be posted anew, and the bot moved, since the plan was read.
            card, here = self.plan.message_id, self.plan.channel_id
            self.plan = dataclasses.replace(plan, message_id=card, channel_id=here)
            await self._bot.service.radio.update(self.plan)
            if plan.source is RadioSource.LIVE:
                await self._begin_live()
            else:
                self._end_live()
                await self.radio.change()

    async def follow_jam(self) -> None:
        """Play the jam's present track, if it has changed."""
        plan, service = self.plan, self._bot.service.radio
        if plan.source is not RadioSource.JAM or plan.jam_id is None:
            return
        found = await clips_of(self._bot, plan, self.channel.guild)
        if not found or found[0].id in list(self._played)[-1:]:
            return
        head, sounding = found[0], self.clip_id
        self._played.append(head.id)
        try:
            track = await service.load(head)
        except ZhiyinError as error:
            log.info("radio.skipped clip=%d %s", head.id, error)
            return
        same = None if sounding is None else await service.grown_at(plan.jam_id, sounding, head)
        now = self.plan
        if (now.source, now.jam_id, self._played[-1]) != (plan.source, plan.jam_id, head.id):
            return  # there is another source or a newer track by now
        await self.radio.follow(track, same)

    async def steer(self, words: Words) -> None:
        """Change the prompt of live music; `show` updates the card."""
        self.plan = dataclasses.replace(self.plan, words=words)
        if self.radio.live_player is not None:
            self.radio.live_player.words = words
        await self._bot.service.radio.update(self.plan)

    async def show(self) -> None:
        """Update the card and the channel's status."""
        await self._show(*await self.describe(self._renderer))
        await self._show_status()

    async def _begin_live(self) -> None:
        live, guild_id = self._bot.service.live_music, self.plan.guild_id
        if self.plan.source is not RadioSource.LIVE:
            return
        await live.check(guild_id)
        self._check_on()  # what has ended would never give its place back
        live.servers.add(guild_id)
        begin = functools.partial(live.begin, guild_id)
        self.radio.play_live(LivePlayer(self.radio.mixer, self.plan.words, begin))

    def _check_on(self) -> None:
        if self.is_ending:
            raise RequestError(radio_messages.NOT_ON)

    def _end_live(self) -> None:
        self._bot.service.live_music.servers.discard(self.plan.guild_id)
        self.radio.play_live(None)

    async def _choose(self) -> Track | None:
        service = self._bot.service.radio
        found = await clips_of(self._bot, self.plan, self.channel.guild)
        clips = {clip.id: clip for clip in found}
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
        # The music waits for no edit of a message: those are rate limited, and fail in outages.
        self._card.ask()

    async def _show_status(self) -> None:
        clip = None if self.clip_id is None else await self._bot.service.clips.find(self.clip_id)
        status = radio_messages.status(self.plan.words if self.plays_live else None, clip)
        text = None if status is None else self._renderer(status)
        is_new = text != self._status and not self._is_stopped
        if is_new and await show_status(self.channel, text):
            self._status = text

    async def describe(self, render: Renderer) -> tuple[discord.Embed, discord.ui.View | None]:
        """Return what is playing, and its buttons; None without any."""
        embed, clip_id = await describe_radio(
            self._bot, render, self.plan, where=self.channel.mention,
            live=self.radio.live_player, clip_id=self.clip_id,
        )  # fmt: skip
        return embed, None if clip_id is None else self._view_of(render, clip_id)

    async def _show(self, embed: discord.Embed, view: discord.ui.View | None) -> None:
        sent_id = await edit_or_post(self._bot, self.plan, embed, view)
        if sent_id is None:
            return
        self.plan = dataclasses.replace(self.plan, message_id=sent_id)
        if not self._is_stopped:
            await self._bot.service.radio.update(self.plan)
