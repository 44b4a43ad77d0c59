"""A clip taken apart: its drums, bass and the rest as files, for everybody in the channel."""

from __future__ import annotations

import io

import discord

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.errors import Refused
from cogs.presentation import messages
from cogs.presentation.readers import readers_of
from cogs.requests.limits import limits_for, place_of
from cogs.requests.submit import LONGEST_WAIT_SECONDS


async def post_stems(interaction: Interaction, clip: Clip) -> None:
    """Post a clip's stems under it; for free, for nothing new is made.

    Raises what the person is told: where music may not be made, or the clip can't be taken apart.
    """
    bot, stems, place = interaction.client, interaction.client.service.stems, place_of(interaction)
    parent = getattr(interaction.channel, "parent_id", None)
    await limits_for(bot, place, interaction.user, parent_channel_id=parent)
    if interaction.guild_id is not None and not interaction.app_permissions.attach_files:
        raise Refused(messages.NO_FILES)
    await stems.check(clip, place)
    # Only this interaction's token hands them over.
    expected = stems.expected_seconds(clip)
    if expected is not None and expected > LONGEST_WAIT_SECONDS:
        raise Refused(messages.LONG_WAIT_FOR_STEMS.fill(expected=messages.duration(expected)))
    with stems.taking_apart(clip, interaction.user.id):
        await interaction.response.defer(thinking=True)
        files = await stems.files(clip, interaction.user.id, interaction.filesize_limit)
        await interaction.followup.send(
            readers_of(interaction)(messages.stems(clip)),
            files=[discord.File(io.BytesIO(each.data), each.name) for each in files],
        )
