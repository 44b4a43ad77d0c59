"""What a message of takes shows when one of them was starred or deleted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import discord
from discord.ext import commands

from bot.app.client import ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.jobs import Job
from bot.domain.takes import Take
from bot.errors import ZhiyinError
from cogs.posting.job_message import JobMessage
from cogs.posting.outages import is_outage
from cogs.presentation import messages
from cogs.requests.take_cards import take_cards
from cogs.views.take_buttons import takes_view

log = logging.getLogger(__name__)


class Takes(commands.Cog):
    """Keeps the messages of takes as they are in the database; what can't be shown is left."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    @commands.Cog.listener()
    async def on_take_starred(self, clip: Clip, channel_id: int) -> None:
        """Show the stars of a clip that is one of several takes in its message."""
        if clip.message_id is None:
            return
        async with self._turn(clip):
            await self._show_stars(clip, channel_id)

    @commands.Cog.listener()
    async def on_takes_changed(self, clip: Clip, channel_id: int) -> None:
        """Show the takes that are left where one was deleted."""
        async with self._turn(clip):
            await self._show_left(clip, channel_id)

    def _turn(self, clip: Clip) -> asyncio.Lock:
        """Return what keeps an edit of a clip's message from being followed by an older one.

        That would bring back what was deleted in between.
        """
        assert clip.message_id is not None
        turn = self._turns.get(clip.message_id)
        if turn is None:
            turn = self._turns[clip.message_id] = asyncio.Lock()
        return turn

    async def _show_stars(self, clip: Clip, channel_id: int) -> None:
        job, left = await self._left(clip)
        if job is not None and left:
            view = takes_view(self.bot.languages.reader(job.order.locale), left)
            await self._edit(
                clip, (job.order.origin.channel_id, channel_id), lambda: {"view": view}
            )

    async def _show_left(self, clip: Clip, channel_id: int) -> None:
        job, left = await self._left(clip)
        if job is None or not left:
            return
        read = self.bot.languages.reader(job.order.locale)
        try:
            files = await self.bot.service.clips.pack_takes(left, job.message.max_bytes)
        except ZhiyinError as error:
            log.warning("takes.not_shown message=%s %s", clip.message_id, error)
            return
        embed, _ = await take_cards(self.bot, read, left, left)
        message = JobMessage(
            content=messages.mention_owner(job),
            embeds=(embed,),
            view=takes_view(read, left),
            postings=tuple(files.values()),
        )
        await self._edit(clip, (job.order.origin.channel_id, channel_id), message.as_edit)

    async def _left(self, clip: Clip) -> tuple[Job | None, Sequence[Take]]:
        """Return the job of a clip, and the takes in its message that are not deleted."""
        takes = await self.bot.service.clips.takes(clip)
        left = [take for take in takes if not take.is_deleted]
        return (takes[0].job if takes else None), left

    async def _edit(
        self, clip: Clip, channel_ids: Sequence[int], changes: Callable[[], dict[str, Any]]
    ) -> None:
        """Edit a clip's message where it was ordered, or where somebody pressed a button.

        Takes came by direct message where the channel was closed.
        """
        assert clip.message_id is not None
        for channel_id in dict.fromkeys(channel_ids):
            channel = self.bot.get_partial_messageable(channel_id)
            message = channel.get_partial_message(clip.message_id)
            try:
                await self.bot.service.delivery_retry.call(
                    partial(_change, message, changes), retry_on=is_outage
                )
            except discord.HTTPException as error:
                log.info("takes.not_shown message=%d %s", clip.message_id, error)
            else:
                return


async def _change(message: discord.PartialMessage, changes: Callable[[], dict[str, Any]]) -> None:
    # Anew at each attempt, which reads the files to their ends.
    await message.edit(**changes())


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Takes(bot))
