"""What this bot is and can do: /help and /about."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from cogs.presentation import cards
from cogs.presentation.help_text import HELP
from cogs.presentation.renderers import own_renderer


class About(commands.Cog):
    """Explains the bot."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot

    @app_commands.command()
    async def help(self, interaction: Interaction) -> None:
        """Show what you can do here."""
        await interaction.response.send_message(own_renderer(interaction)(HELP), ephemeral=True)

    @app_commands.command()
    async def about(self, interaction: Interaction) -> None:
        """Show what makes the music: model, licence, machine and speed."""
        service = self.bot.service
        embed = cards.about(
            own_renderer(interaction),
            service.operations.engine(),
            self.bot.config.model.name,
            self.bot.licence,
            service.requests.in_flight,
        )
        await interaction.response.send_message(embed=embed, ephemeral=True)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(About(bot))
