"""Unfinished jobs: /queue and /cancel."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.errors import RequestError
from cogs.presentation import messages
from cogs.presentation.renderers import own_renderer
from cogs.requests.cancellation import cancel_job
from cogs.requests.suggestions import suggest_jobs


class Queue(commands.Cog):
    """Shows the queue and cancels jobs."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot

    @app_commands.command()
    async def queue(self, interaction: Interaction) -> None:
        """Show the queue, and where your clips are in it."""
        found = await self.bot.service.requests.queue_of(interaction.user.id)
        text = messages.queue(own_renderer(interaction), found.jobs, len(found.jobs), found.total)
        await interaction.response.send_message(text, ephemeral=True)

    @app_commands.command()
    @app_commands.autocomplete(job=suggest_jobs)
    async def cancel(self, interaction: Interaction, job: int | None = None) -> None:
        """Cancel a clip that is not made yet; nothing is charged.

        Parameters
        ----------
        job:
            Which one; without it, what you asked for last, with all its takes.
        """
        is_one = job is not None
        if job is None:
            mine = await self.bot.service.requests.unfinished_of(interaction.user.id)
            if not mine:
                raise RequestError(messages.NOTHING_TO_CANCEL)
            job = mine[-1].id
        await cancel_job(interaction, job, alone=is_one)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Queue(bot))
