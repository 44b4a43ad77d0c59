"""What a person has made and may still make: /history and /quota."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from cogs.presentation import messages
from cogs.presentation.readers import reader_of
from cogs.requests.limits import origin_of, resolve_limits
from cogs.views.held_button import HeldButton, held_view

_SHOWN_CLIPS = 10
_SHOWN_HELD = 5


class Account(commands.Cog):
    """A person's history and quota, in ephemeral messages."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot

    @app_commands.command()
    async def history(
        self, interaction: Interaction, search: app_commands.Range[str, 1, 100] | None = None
    ) -> None:
        """Show your latest clips, with their seeds.

        Parameters
        ----------
        search:
            Only clips with these words in their prompt.
        """
        clips, read = self.bot.service.clips, reader_of(interaction)
        found = await clips.history(interaction.user.id, _SHOWN_CLIPS, search or "")
        held = await clips.held(interaction.user.id, _SHOWN_HELD)
        await interaction.response.send_message(
            messages.history(read, found, held), view=held_view(read, held), ephemeral=True
        )

    @app_commands.command()
    async def quota(self, interaction: Interaction) -> None:
        """Show how many seconds of music you have left today."""
        limits, _ = await resolve_limits(
            self.bot, origin_of(interaction), interaction.user, anywhere=True
        )
        found = await self.bot.service.people.quota(interaction.user.id, limits)
        await interaction.response.send_message(
            reader_of(interaction)(messages.quota(found)), ephemeral=True
        )


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    bot.add_dynamic_items(HeldButton)
    await bot.add_cog(Account(bot))
