"""The one place where a person hears of a failure."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from cogs.presentation.errors import answer


class Errors(commands.Cog):
    """Answers for the commands that failed."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._before = bot.tree.on_error

    async def cog_load(self) -> None:
        """Take the tree's errors over."""
        self.bot.tree.on_error = self._on_error  # type: ignore[method-assign]

    async def cog_unload(self) -> None:
        """Give them back."""
        self.bot.tree.on_error = self._before  # type: ignore[method-assign]

    async def _on_error(
        self, interaction: Interaction, error: app_commands.AppCommandError
    ) -> None:
        await answer(interaction, error)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Errors(bot))
