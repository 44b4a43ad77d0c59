"""The question before everything of a person is deleted."""

from __future__ import annotations

import discord

from bot.app.client import Interaction, ZhiyinBot
from bot.errors import Refused
from bot.i18n.languages import Reader
from bot.i18n.sentence import Sentence
from cogs.presentation import privacy_messages
from cogs.presentation.errors import report_error

NOT_YOUR_QUESTION = Sentence("Only the person who was asked can answer that.")

_CONFIRM_SECONDS = 120.0


class ForgetView(discord.ui.View):
    """Asks for a confirmation, since it can't be undone."""

    def __init__(self, user_id: int, read: Reader) -> None:
        super().__init__(timeout=_CONFIRM_SECONDS)
        self.user_id, self._read = user_id, read
        self.confirm.label = read(Sentence("Delete everything of mine"))

    @discord.ui.button(style=discord.ButtonStyle.danger)
    async def confirm(
        self, interaction: discord.Interaction, button: discord.ui.Button[ForgetView]
    ) -> None:
        """Delete everything of the person who asked; only they see this button."""
        bot, read = interaction.client, self._read
        assert isinstance(bot, ZhiyinBot)
        if interaction.user.id != self.user_id:
            raise Refused(NOT_YOUR_QUESTION)
        await interaction.response.edit_message(
            content=read(privacy_messages.FORGETTING), view=None
        )
        try:
            count = await bot.service.people.delete(self.user_id)
            said = privacy_messages.forgotten(
                count, bot.config.storage.keep_backups, bot.service.people.day_resets_at()
            )
        except Refused as refused:
            said = refused.sentence
        await interaction.edit_original_response(content=read(said))

    async def on_error(
        self,
        interaction: Interaction,  # type: ignore[override]
        error: Exception,
        item: discord.ui.Item[discord.ui.View],
        /,
    ) -> None:
        """Tell the person; discord.py would only log."""
        await report_error(interaction, error)
