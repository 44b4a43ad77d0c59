"""The words that the loaded model knows: /styles."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from cogs.presentation import word_messages
from cogs.presentation.renderers import own_locale, own_renderer


class Styles(commands.Cog):
    """Shows what can be asked for."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot

    @app_commands.command()
    async def styles(self, interaction: Interaction) -> None:
        """Show the styles, instruments, moods and tempos that the model knows."""
        words = self.bot.service.words
        menu = words.menu(chinese_words=own_locale(interaction).startswith("zh"))
        text = word_messages.menu(
            own_renderer(interaction),
            self.bot.config.model.name,
            menu,
            are_all_known=words.are_all_known,
        )
        await interaction.response.send_message(text, ephemeral=True)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Styles(bot))
