"""End the answers that an order never came to stand behind: at a start and at a stop."""

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
"""How long a stop waits for Discord to take them; the next start ends what is left."""


class AnswerCleanup(commands.Cog):
    """Ends what a previous run of the bot has left, and what this one would leave."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._ending: asyncio.Task[None] | None = None

    async def cog_load(self) -> None:
        """End what is left, beside everything else; nobody is heard before this has looked."""
        left = await self.bot.service.answers.all_open()
        log.info("answers.left count=%d", len(left))
        work = end_answers(self.bot, left, messages.RESTARTED, before=discord.utils.utcnow())
        self._ending = asyncio.create_task(work, name="end left answers")

    async def cog_unload(self) -> None:
        """End what the commands that were ended with the bot have left."""
        if self._ending is not None:
            self._ending.cancel()
            await asyncio.gather(self._ending, return_exceptions=True)
        left = await self.bot.service.answers.all_open()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                now = discord.utils.utcnow()
                await end_answers(self.bot, left, messages.RESTARTED, before=now)
        except TimeoutError:
            log.warning("answers.not_ended the next start ends them")


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(AnswerCleanup(bot))
