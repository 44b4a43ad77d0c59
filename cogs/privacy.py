"""A person's stored data: /privacy show, export and delete."""

from __future__ import annotations

import io

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.domain.jobs import USUAL_MAX_BYTES
from cogs.presentation import privacy_messages
from cogs.presentation.renderers import own_renderer
from cogs.requests.responses import thinking
from cogs.views.forget_button import ForgetButton, forget_view

# The upload limit of every server, less the overhead of the request.
_PART_BYTES = USUAL_MAX_BYTES - 2**16


class Privacy(commands.GroupCog, group_name="privacy"):
    """What is stored about you, and how to delete it."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        super().__init__()

    @app_commands.command()
    async def show(self, interaction: Interaction) -> None:
        """Show what is stored about you, and for how long."""
        storage = self.bot.config.storage
        text = privacy_messages.kept(storage.keep_clips_days, storage.keep_backups)
        await interaction.response.send_message(own_renderer(interaction)(text), ephemeral=True)

    @app_commands.command()
    async def export(self, interaction: Interaction) -> None:
        """Get everything that is stored about you, as a file."""
        render, number = own_renderer(interaction), 0
        # It may take longer than the three seconds that Discord waits for a response.
        async with thinking(interaction, ephemeral=True):
            async for data in self.bot.service.people.export(interaction.user.id, _PART_BYTES):
                number += 1
                text = privacy_messages.exported(number)
                file = discord.File(io.BytesIO(data), f"zhiyin-about-you-{number}.zip")
                await interaction.followup.send(render(text), file=file, ephemeral=True)

    @app_commands.command()
    async def delete(self, interaction: Interaction) -> None:
        """Delete your clips, your prompts and all else that is stored about you."""
        asked = privacy_messages.forget_me(self.bot.config.storage.keep_backups)
        render = own_renderer(interaction)
        view = forget_view(render, interaction.user.id)
        await interaction.response.send_message(render(asked), view=view, ephemeral=True)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog, and register the button that confirms."""
    bot.add_dynamic_items(ForgetButton)
    await bot.add_cog(Privacy(bot))
