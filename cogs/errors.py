"""Report failed commands, menu entries and outdated buttons to the person."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from cogs.presentation import messages
from cogs.presentation.errors import report_error, send_privately
from cogs.views import (
    battle_form,
    daily_form,
    jam_form,
    mix_form,
    radio_words_form,
    remix_form,
)
from cogs.views.persistent_button import custom_id_of, is_known_button

_FORMS = (
    remix_form.CUSTOM_ID,
    mix_form.CUSTOM_ID,
    battle_form.CUSTOM_ID,
    daily_form.CUSTOM_ID,
    jam_form.CUSTOM_ID,
    radio_words_form.CUSTOM_ID,
)
"""Patterns of the custom ids of forms."""


class Errors(commands.Cog):
    """The error handler of the command tree, and the fallback for unknown buttons and forms."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._before = bot.tree.on_error

    async def cog_load(self) -> None:
        """Install the handler."""
        self.bot.tree.on_error = self._on_error  # type: ignore[method-assign]

    async def cog_unload(self) -> None:
        """Restore the handler there was."""
        self.bot.tree.on_error = self._before  # type: ignore[method-assign]

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Answer a button or form that no extension handles; Discord only says that it failed."""
        custom_id = custom_id_of(interaction)
        if interaction.type is discord.InteractionType.component:
            is_known = is_known_button(custom_id)
        else:
            is_form = interaction.type is discord.InteractionType.modal_submit
            is_known = not is_form or any(form.fullmatch(custom_id) for form in _FORMS)
        if not is_known:
            await send_privately(interaction, messages.TOO_OLD)

    async def _on_error(
        self, interaction: Interaction, error: app_commands.AppCommandError
    ) -> None:
        await report_error(interaction, error)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Errors(bot))
