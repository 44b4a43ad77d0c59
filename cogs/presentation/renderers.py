"""Find the language of a message: of the person who acted, or of everybody who sees it.

A private message is in the person's language, a public one in the server's: the language chosen
with /settings or /admin language, else the one that Discord reports.
"""

from __future__ import annotations

import discord

from bot.app.client import Interaction, ZhiyinBot
from bot.i18n.languages import Renderer


def own_locale(interaction: Interaction) -> str:
    """Return the locale of the person who acted."""
    reported = interaction.locale.value
    return interaction.client.service.languages.of_person(interaction.user.id, reported) or reported


def shared_locale(interaction: Interaction) -> str:
    """Return the server's locale; in a direct message, the person's."""
    if interaction.guild_id is None:
        return own_locale(interaction)
    reported = (interaction.guild_locale or interaction.locale).value
    return (
        interaction.client.service.languages.of_server(interaction.guild_id, reported) or reported
    )


def own_renderer(interaction: Interaction) -> Renderer:
    """Return a renderer in the language of the person who acted."""
    return interaction.client.languages.renderer(own_locale(interaction))


def shared_renderer(interaction: Interaction) -> Renderer:
    """Return a renderer in the language of everybody who sees the message."""
    return interaction.client.languages.renderer(shared_locale(interaction))


def locale_of_message(bot: ZhiyinBot, message: discord.Message) -> str | None:
    """Return the locale for a public answer to a message."""
    if message.guild is None:
        return bot.service.languages.of_person(message.author.id, None)
    return bot.service.languages.of_server(message.guild.id, message.guild.preferred_locale.value)


def server_renderer(bot: ZhiyinBot, guild_id: int | None) -> Renderer:
    """Return a renderer in the language of a server."""
    guild = bot.get_guild(guild_id or 0)
    reported = None if guild is None else guild.preferred_locale.value
    return bot.languages.renderer(bot.service.languages.of_server(guild_id or 0, reported))
