"""Report the failures of slash commands and menu entries to the person."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from cogs.presentation.errors import report_error


class Errors(commands.Cog):
    """The error handler of the command tree."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._before = bot.tree.on_error

    async def cog_load(self) -> None:
        """Install the handler."""
        self.bot.tree.on_error = self._on_error  # type: ignore[method-assign]

    async def cog_unload(self) -> None:
        """Restore the handler there was."""
        self.bot.tree.on_error = self._before  # type: ignore[method-assign]

    async def _on_error(
        self, interaction: Interaction, error: app_commands.AppCommandError
    ) -> None:
        await report_error(interaction, error)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Errors(bot))
