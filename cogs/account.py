"""A person's history, quota and settings: /history, /quota and /settings."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.domain.history import HistoryQuery, HistoryScope
from bot.domain.preferences import Preferences
from cogs.presentation import account_messages
from cogs.presentation.prompts import clean_prompt
from cogs.presentation.renderers import own_renderer
from cogs.requests.language_choice import LanguageName, read_language, suggest_languages
from cogs.requests.limits import origin_of, resolve_limits
from cogs.requests.named_choice import NamedChoice
from cogs.views.held_button import HeldButton
from cogs.views.history_buttons import MOST_WORDS, HistoryButton, PlayButton, show_history

WHOSE = NamedChoice(
    {
        HistoryScope.MINE: "mine",
        HistoryScope.EVERYONE: "everybody's",
        HistoryScope.STARRED: "starred",
    }
)


class Account(commands.Cog):
    """A person's history, quota and settings, in ephemeral messages."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot

    @app_commands.command()
    async def history(
        self,
        interaction: Interaction,
        search: app_commands.Range[str, 1, MOST_WORDS] | None = None,
        whose: app_commands.Transform[HistoryScope, WHOSE] = HistoryScope.MINE,
    ) -> None:
        """List clips that were made, with their seeds; press a number to hear one.

        Parameters
        ----------
        search:
            Only clips with all these words in their prompt.
        whose:
            Yours, everybody's on this server, or those that you have starred.
        """
        query = HistoryQuery(whose=whose, words=clean_prompt(search) or "")
        await show_history(interaction, query, is_turned=False)

    @app_commands.command()
    @app_commands.autocomplete(language=suggest_languages)
    async def settings(
        self,
        interaction: Interaction,
        call: bool | None = None,
        seconds: app_commands.Range[float, 1.0, 600.0] | None = None,
        private: bool | None = None,
        voice: bool | None = None,
        language: LanguageName | None = None,
        reset: bool = False,
    ) -> None:
        """Set your preferences; without options, show them.

        Parameters
        ----------
        call:
            Whether to ping you when a clip that you waited for is ready.
        seconds:
            How long your clips are when you say nothing else.
        private:
            Whether only you see your clips until you post them.
        voice:
            Whether your clips also come as voice messages, which a phone plays with one tap.
        language:
            The language that I write to you in; what everybody sees is in the server's.
        reset:
            Reset everything to the defaults.
        """
        people, user_id = self.bot.service.people, interaction.user.id
        before = Preferences() if reset else await people.preferences(user_id)
        wanted = Preferences(
            wants_ping=before.wants_ping if call is None else call,
            seconds=before.seconds if seconds is None else seconds,
            is_private=before.is_private if private is None else private,
            as_voice=before.as_voice if voice is None else voice,
            language=before.language
            if language is None
            else read_language(self.bot.languages, language),
        )
        await people.set_preferences(user_id, wanted)
        usual = wanted.seconds or self.bot.config.generation.default_seconds
        name = self.bot.languages.names().get(wanted.language or "")
        answer = account_messages.preferences(wanted, usual, name)
        await interaction.response.send_message(own_renderer(interaction)(answer), ephemeral=True)

    @app_commands.command()
    async def quota(self, interaction: Interaction) -> None:
        """Show how many seconds of music you have left today."""
        limits, _ = await resolve_limits(
            self.bot, origin_of(interaction), interaction.user, anywhere=True
        )
        found = await self.bot.service.people.quota(interaction.user.id, limits)
        await interaction.response.send_message(
            own_renderer(interaction)(account_messages.quota(found)), ephemeral=True
        )


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    bot.add_dynamic_items(HeldButton, HistoryButton, PlayButton)
    await bot.add_cog(Account(bot))
