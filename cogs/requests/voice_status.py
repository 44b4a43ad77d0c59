"""Set the status below the name of a voice channel while a radio plays there."""

from __future__ import annotations

import asyncio
import logging

import discord

from bot.app.network_errors import NETWORK_ERRORS
from bot.voice.connection import VoicePlace

log = logging.getLogger(__name__)

_MOST_CHARACTERS = 500
_PATIENCE_SECONDS = 3.0
"""How long a rate limit may hold it up: whoever leaves a channel clears its status first."""


async def show_status(channel: VoicePlace, text: str | None) -> bool:
    """Set a voice channel's status, or clear it; return whether it was set.

    Ignored without the permission *Set Voice Channel Status*, and on a stage, which has none.
    """
    if not isinstance(channel, discord.VoiceChannel):
        return False
    if not channel.permissions_for(channel.guild.me).set_voice_channel_status:
        return False
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await channel.edit(status=None if text is None else text[:_MOST_CHARACTERS])
    except (discord.HTTPException, *NETWORK_ERRORS) as error:
        log.info("radio.status_not_set %r", error)
        return False
    return True
