"""Existing clips: /clip posts one again, /tree shows its family, /export sends a file."""

from __future__ import annotations

from typing import Literal

from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from cogs.presentation.renderers import shared_renderer
from cogs.requests.clip_recall import find_typed_clip, post_again, show_tree
from cogs.requests.export import export_clip
from cogs.requests.suggestions import suggest_clips, suggest_clips_in_sight
from cogs.views.clip_buttons import posted_view


class Clips(commands.Cog):
    """Commands about clips that are there already."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.autocomplete(clip=suggest_clips)
    async def clip(self, interaction: Interaction, clip: app_commands.Range[str, 1, 20]) -> None:
        """Post a clip of this server once more, with its buttons.

        Parameters
        ----------
        clip:
            Its number, shown under the clip; yours are listed.
        """
        found = await find_typed_clip(interaction, clip)
        await post_again(interaction, found, posted_view(shared_renderer(interaction), found))

    @app_commands.command()
    @app_commands.autocomplete(clip=suggest_clips)
    async def tree(self, interaction: Interaction, clip: app_commands.Range[str, 1, 20]) -> None:
        """Show what a clip came from and what was made of it.

        Parameters
        ----------
        clip:
            Its number, shown under the clip; yours are listed.
        """
        await show_tree(interaction, await find_typed_clip(interaction, clip))

    @app_commands.command()
    @app_commands.autocomplete(clip=suggest_clips_in_sight)
    async def export(
        self,
        interaction: Interaction,
        clip: app_commands.Range[str, 1, 20],
        format: Literal["flac", "wav", "midi"] = "flac",
    ) -> None:
        """Get a clip as FLAC or WAV, without what MP3 loses, or its notes; only you see it.

        Parameters
        ----------
        clip:
            Its number, shown under the clip.
        format:
            FLAC is smaller, WAV is read by everything, MIDI has the notes where I know them.
        """
        await export_clip(interaction, await find_typed_clip(interaction, clip), format)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Clips(bot))
