"""Edit or delete messages of clips that were starred or deleted."""

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
from bot.domain.withdrawals import Withdrawal
from bot.errors import ZhiyinError
from cogs.posting.job_message import JobMessage
from cogs.posting.outages import is_filtered, is_outage
from cogs.presentation import messages
from cogs.requests.take_cards import build_take_cards
from cogs.views.take_buttons import takes_view

_TOO_LARGE = 413

log = logging.getLogger(__name__)


class ClipMessages(commands.Cog):
    """Keeps messages of clips in line with the database; failures are logged."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    @commands.Cog.listener()
    async def on_take_starred(self, clip: Clip, channel_id: int) -> None:
        """Update the stars of a take in its shared message."""
        if clip.message_id is None:
            return
        async with self._turn(clip.message_id):
            await self._show_stars(clip, channel_id)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Withdraw clips that were deleted before a kill or in an outage, and are still shown."""
        for withdrawal in await self.bot.service.clips.withdrawals():
            try:
                await self.withdraw(withdrawal)
            except Exception:
                log.exception("clip.not_withdrawn id=%d", withdrawal.clip_id)

    async def withdraw(self, withdrawal: Withdrawal) -> bool:
        """Remove a deleted clip from a message; return whether it is removed.

        What Discord refuses is given up; in an outage it is left to the next start.
        """
        async with self._turn(withdrawal.message_id):
            try:
                is_gone = await self._withdraw(withdrawal)
            except Exception as error:
                if not is_outage(error):
                    raise
                log.warning("clip.still_shown id=%d %r", withdrawal.clip_id, error)
                return False
            await self.bot.service.clips.record_withdrawn(withdrawal)
        return is_gone

    async def _withdraw(self, withdrawal: Withdrawal) -> bool:
        """Delete a message, or show its remaining takes; return whether Discord allowed it."""
        shown = await self.bot.service.clips.find_by_message(withdrawal.message_id)
        left = [clip for clip in shown if not clip.is_deleted]
        channel = self.bot.get_partial_messageable(withdrawal.channel_id)
        message = channel.get_partial_message(withdrawal.message_id)
        try:
            if left:
                return await self._show_left(left[0], message)
            await self.bot.service.delivery_retry.call(message.delete, retry_on=is_outage)
        except discord.NotFound:
            pass  # the message is gone, or was never in this channel
        except discord.HTTPException as error:
            if is_outage(error):
                raise
            log.info("clip.still_shown id=%d code=%d", withdrawal.clip_id, error.code)
            return False
        return True

    def _turn(self, message_id: int) -> asyncio.Lock:
        """Return the lock of a message, so that an older edit never follows a newer one.

        That would show deleted takes again.
        """
        turn = self._turns.get(message_id)
        if turn is None:
            turn = self._turns[message_id] = asyncio.Lock()
        return turn

    async def _show_stars(self, clip: Clip, channel_id: int) -> None:
        job, left = await self._left(clip)
        if job is not None and left:
            view = takes_view(self.bot.languages.renderer(job.order.locale), left)
            await self._edit(clip, (clip.origin.channel_id, channel_id), lambda: {"view": view})

    async def _show_left(self, clip: Clip, message: discord.PartialMessage) -> bool:
        """Show the remaining takes again; return whether that was done.

        Raises what discord.py raises.
        """
        job, left = await self._left(clip)
        if job is None or not left:
            return False
        render, most_bytes = self.bot.languages.renderer(job.order.locale), job.message.max_bytes
        embed, without_words = await build_take_cards(self.bot, render, left, left)
        while True:
            try:
                files = await self.bot.service.clips.pack_takes(left, most_bytes)
            except ZhiyinError as error:
                log.warning("takes.not_shown message=%d %s", message.id, error)
                return False
            says = JobMessage(
                content=messages.mention_owner(job),
                embeds=(embed,),
                view=takes_view(render, left),
                postings=tuple(files.values()),
            )
            try:
                await self.bot.service.delivery_retry.call(
                    partial(_change, message, says.as_edit), retry_on=is_outage
                )
            except discord.HTTPException as error:
                if is_filtered(error) and embed is not without_words:
                    embed = without_words
                    continue
                if error.status != _TOO_LARGE:
                    raise
                # The server's upload limit is lower than when they were posted.
                most_bytes = min(most_bytes, max(len(each.data) for each in files.values())) // 2
            else:
                return True

    async def _left(self, clip: Clip) -> tuple[Job | None, Sequence[Take]]:
        """Return the job of a clip, and the remaining takes in its message."""
        takes = await self.bot.service.clips.takes(clip)
        left = [take for take in takes if not take.is_deleted]
        return (takes[0].job if takes else None), left

    async def _edit(
        self, clip: Clip, channel_ids: Sequence[int], changes: Callable[[], dict[str, Any]]
    ) -> None:
        """Edit a clip's message where it was posted, or where a button was pressed.

        ClipMessages came by direct message if the channel was closed to the bot.
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
    # New file objects for each attempt, which reads them to the end.
    await message.edit(**changes())


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(ClipMessages(bot))
