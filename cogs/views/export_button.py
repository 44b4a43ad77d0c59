"""Buttons under a clip's details: lossless files, MIDI, voice message, soundboard."""

from __future__ import annotations

import discord

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence, verbatim
from cogs.requests.export import export_clip
from cogs.requests.rights import require_clip
from cogs.requests.soundboard import put_on_soundboard
from cogs.requests.voice_message import post_voice_message
from cogs.views.persistent_button import PersistentButton
from cogs.views.soundboard_button import soundboard_view

FORMATS = ("flac", "wav", "midi", "voice", "soundboard")

_LABELS = {"voice": Sentence("Voice message"), "soundboard": Sentence("Send to soundboard")}


def export_view(render: Renderer, clip: Clip) -> discord.ui.View:
    """Return a button for each format; MIDI only if the clip may have notes."""
    view = discord.ui.View(timeout=None)
    for wanted in FORMATS:
        if wanted != "midi" or clip.stems:
            view.add_item(ExportButton(clip.id, wanted, render))
    return view


class ExportButton(
    PersistentButton,
    template=r"zhiyin:export:(?P<id>\d+):(?P<format>flac|wav|midi|voice|soundboard)",
):
    """Sends a clip in one format."""

    def __init__(self, clip_id: int, format: str, render: Renderer | None = None) -> None:
        super().__init__(
            discord.ui.Button(
                label=(render or Renderer())(_LABELS.get(format, verbatim(format.upper()))),
                style=discord.ButtonStyle.secondary,
                custom_id=f"zhiyin:export:{clip_id}:{format}",
            )
        )
        self.clip_id, self.wanted = clip_id, format

    async def press(self, interaction: Interaction) -> None:
        """Send the file."""
        clip = await require_clip(interaction, self.clip_id)
        if self.wanted == "voice":
            await post_voice_message(interaction, clip)
        elif self.wanted == "soundboard":
            await put_on_soundboard(interaction, clip, soundboard_view)
        else:
            await export_clip(interaction, clip, self.wanted)
