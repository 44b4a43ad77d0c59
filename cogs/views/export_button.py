"""The buttons under the details of a clip: have it as a file that loses nothing, or its notes."""

from __future__ import annotations

import discord

from bot.app.client import Interaction
from bot.domain.clips import Clip
from cogs.requests.export import export_clip
from cogs.requests.rights import require_clip
from cogs.views.persistent_button import PersistentButton

FORMATS = ("flac", "wav", "midi")


def export_view(clip: Clip) -> discord.ui.View:
    """Return a button for each format; MIDI only where the clip may have notes."""
    view = discord.ui.View(timeout=None)
    for wanted in FORMATS:
        if wanted != "midi" or clip.stems:
            view.add_item(ExportButton(clip.id, wanted))
    return view


class ExportButton(
    PersistentButton, template=r"zhiyin:export:(?P<id>\d+):(?P<format>flac|wav|midi)"
):
    """Sends a clip in one format."""

    def __init__(self, clip_id: int, format: str) -> None:
        super().__init__(
            discord.ui.Button(
                label=format.upper(),
                style=discord.ButtonStyle.secondary,
                custom_id=f"zhiyin:export:{clip_id}:{format}",
            )
        )
        self.clip_id, self.wanted = clip_id, format

    async def press(self, interaction: Interaction) -> None:
        """Send the file."""
        await export_clip(interaction, await require_clip(interaction, self.clip_id), self.wanted)
