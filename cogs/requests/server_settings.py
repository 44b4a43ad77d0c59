"""Show a server's settings to a manager after each change."""

from __future__ import annotations

from bot.app.client import Interaction
from cogs.presentation import messages
from cogs.presentation.renderers import own_renderer
from cogs.requests.rights import guild_of


async def show_settings(interaction: Interaction) -> None:
    """Answer with the server's settings, for the manager alone."""
    guild_id, bot = guild_of(interaction), interaction.client
    found = await bot.service.guilds.settings(guild_id)
    chosen = bot.service.languages.chosen_by_server(guild_id)
    language = bot.languages.names().get(chosen or "")
    text = messages.guild_settings(own_renderer(interaction), found, language)
    await interaction.response.send_message(text, ephemeral=True)
