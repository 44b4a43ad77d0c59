"""Show a server's settings to a manager after each change."""

from __future__ import annotations

from collections.abc import Iterable

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


async def forget_deleted_channels(interaction: Interaction) -> None:
    """Take deleted channels off the list of music channels: nobody can name them any more.

    Called, as those for roles are, when a manager changes the list: an empty one allows all.
    """
    guild_id, guilds = guild_of(interaction), interaction.client.service.guilds
    for id_ in _deleted(interaction, (await guilds.settings(guild_id)).channel_ids):
        await guilds.allow_channel(guild_id, id_, False)


async def forget_deleted_uploaders(interaction: Interaction) -> None:
    """Take deleted roles off the list of those that may send sounds."""
    guild_id, guilds = guild_of(interaction), interaction.client.service.guilds
    for id_ in _deleted(interaction, (await guilds.settings(guild_id)).upload_role_ids):
        await guilds.allow_uploads(guild_id, id_, False)


async def forget_deleted_tiers(interaction: Interaction) -> None:
    """Delete the tiers of deleted roles."""
    guild_id, guilds = guild_of(interaction), interaction.client.service.guilds
    for id_ in _deleted(interaction, (await guilds.settings(guild_id)).tiers):
        await guilds.set_tier(guild_id, id_, None)


def _deleted(interaction: Interaction, ids: Iterable[int]) -> list[int]:
    """Return those channels and roles that this server does not have any more."""
    guild = interaction.guild
    # Without its channels the server is not known yet, and nothing of it is missing.
    if guild is None or guild.unavailable or not guild.channels:
        return []
    return [id_ for id_ in ids if guild.get_channel(id_) is None and guild.get_role(id_) is None]
