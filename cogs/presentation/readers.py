"""Who reads a message: the person who acted, or everybody where it is shown.

What one person sees is in their language, what everybody sees in the server's.
"""

from __future__ import annotations

from bot.app.client import Interaction
from bot.i18n.languages import Reader


def reader_of(interaction: Interaction) -> Reader:
    """Return the person who acted."""
    return interaction.client.languages.reader(interaction.locale.value)


def shared_locale(interaction: Interaction) -> str:
    """Return the locale of what everybody sees: the server's, or in a direct message one's own."""
    return (interaction.guild_locale or interaction.locale).value


def readers_of(interaction: Interaction) -> Reader:
    """Return everybody who sees a message where the interaction is."""
    return interaction.client.languages.reader(shared_locale(interaction))
