"""Post the stems of a clip (drums, bass, ...) as files."""

from __future__ import annotations

import io

import discord

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.errors import Refused
from cogs.presentation import messages
from cogs.presentation.renderers import own_renderer, shared_renderer
from cogs.requests.limits import origin_of, resolve_limits
from cogs.requests.responses import thinking
from cogs.requests.secrecy import is_secret
from cogs.requests.submit import LONGEST_WAIT_SECONDS


async def post_stems(interaction: Interaction, clip: Clip) -> None:
    """Post a clip's stems under it. Costs no quota, since no new music is generated.

    Raises Refused if no music may be posted here, and SoundError if the clip has no stems.
    """
    bot, origin = interaction.client, origin_of(interaction)
    stems = bot.service.stems
    parent = getattr(interaction.channel, "parent_id", None)
    await resolve_limits(bot, origin, interaction.user, parent_channel_id=parent)
    if interaction.guild_id is not None and not interaction.app_permissions.attach_files:
        raise Refused(messages.NO_FILES)
    await stems.check(clip, origin)
    # Only this interaction's token can post them, and it expires.
    expected = stems.expected_seconds(clip)
    if expected is not None and expected > LONGEST_WAIT_SECONDS:
        raise Refused(messages.LONG_WAIT_FOR_STEMS.fill(expected=messages.duration(expected)))
    secret = await is_secret(bot, clip)
    render = own_renderer(interaction) if secret else shared_renderer(interaction)
    with stems.reserve(clip, interaction.user.id):
        async with thinking(interaction, ephemeral=secret):
            files = await stems.split(clip, interaction.user.id, interaction.filesize_limit)
            await interaction.followup.send(
                render(messages.stems(clip)),
                files=[discord.File(io.BytesIO(each.data), each.name) for each in files],
                ephemeral=secret,
            )
