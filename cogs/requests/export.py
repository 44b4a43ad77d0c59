"""Send a clip as a lossless file, or its notes as MIDI."""

from __future__ import annotations

import io

import discord

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.errors import Refused
from bot.i18n.sentence import Sentence
from cogs.presentation import messages
from cogs.presentation.messages import link
from cogs.presentation.renderers import own_renderer
from cogs.requests.responses import thinking

EXPORTED = Sentence("{clip} as {format}, from the master that I keep.")
AS_MIDI = Sentence("The notes of {clip} as MIDI, as the model wrote them.")
AS_FLAC = Sentence(
    "{clip} as FLAC: a WAV would be larger than what may be posted here. It has the same sound."
)


async def export_clip(interaction: Interaction, clip: Clip, wanted: str) -> None:
    """Send a clip as `flac`, `wav` or `midi` to the person alone. Costs no quota.

    Raises Refused if the bot may post no files, SoundError if the sound is deleted or its notes are
    unknown, OutputError if it is too large.
    """
    if interaction.guild_id is not None and not interaction.app_permissions.attach_files:
        raise Refused(messages.NO_FILES)
    async with thinking(interaction, ephemeral=True):
        file = await interaction.client.service.clips.export(
            clip, wanted, interaction.filesize_limit
        )
        answer = EXPORTED.fill(clip=link(clip), format=wanted.upper())
        if wanted == "midi":
            answer = AS_MIDI.fill(clip=link(clip))
        elif not file.name.endswith(f".{wanted}"):
            answer = AS_FLAC.fill(clip=link(clip))
        await interaction.followup.send(
            own_renderer(interaction)(answer),
            file=discord.File(io.BytesIO(file.data), file.name),
            ephemeral=True,
        )
