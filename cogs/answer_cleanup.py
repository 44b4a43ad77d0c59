"""End open answers (for which no order was accepted) at a start and at a stop.

Without it, an interrupted command would show "thinking" or a promise for ever.
"""

from __future__ import annotations

import asyncio
import logging

import discord
from discord.ext import commands

from bot.app.client import ZhiyinBot
from cogs.posting.open_answers import end_answers
from cogs.presentation import messages

log = logging.getLogger(__name__)

_STOP_SECONDS = 5.0
"""Timeout of a stop; the next start ends the remaining answers."""


class AnswerCleanup(commands.Cog):
    """Ends open answers: those of a previous run at the start, its own at a stop."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._ending: asyncio.Task[None] | None = None

    async def cog_load(self) -> None:
        """End open answers in the background; commands start once they are listed."""
        left = await self.bot.service.answers.all_open()
        log.info("answer.left_open count=%d", len(left))
        work = end_answers(self.bot, left, messages.RESTARTED, before=discord.utils.utcnow())
        self._ending = asyncio.create_task(work, name="end left answers")

    async def cog_unload(self) -> None:
        """End open answers of commands that were cancelled by the stop."""
        if self._ending is not None:
            self._ending.cancel()
            await asyncio.gather(self._ending, return_exceptions=True)
        left = await self.bot.service.answers.all_open()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                now = discord.utils.utcnow()
                await end_answers(self.bot, left, messages.RESTARTED, before=now)
        except TimeoutError:
            log.warning("answer.not_ended the next start ends them")


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(AnswerCleanup(bot))
