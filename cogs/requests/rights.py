"""Permissions of a person for a clip or a job, where they are.

A custom id or an option names a clip but proves nothing: each handler checks here.
"""

from __future__ import annotations

import discord

from bot.app.client import Interaction, ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.jobs import RequestOrigin
from bot.domain.sight import Sight
from bot.errors import RequestError
from cogs.presentation import messages
from cogs.requests.places import can_see, places_seen_by
from cogs.requests.secrecy import require_out_of_battle


async def require_clip(interaction: Interaction, clip_id: int) -> Clip:
    """Return a clip that exists and that the person can see here.

    Raises RequestError, with the same sentence for an invisible clip as for none.
    """
    bot = interaction.client
    clip = await require_kept_clip(bot, clip_id)
    if not is_shown_to(interaction, clip):
        raise RequestError(messages.NO_CLIP)
    if clip.origin.user_id != interaction.user.id:
        await require_out_of_battle(bot, clip)
    return clip


async def require_kept_clip(bot: ZhiyinBot, clip_id: int) -> Clip:
    """Return a clip that is not deleted, without a permission check. Raises RequestError."""
    clip = await bot.service.clips.find(clip_id)
    if clip is None or clip.is_deleted:
        raise RequestError(messages.NO_CLIP)
    return clip


async def clips_in_sight(interaction: Interaction, limit: int, search: str = "") -> list[Clip]:
    """Return the latest clips that a person can see here, newest first.

    In direct messages these are their own.
    """
    clips = interaction.client.service.clips
    if interaction.guild_id is None:
        return await clips.history(interaction.user.id, limit, search)
    return await clips.of_server(interaction.guild_id, sight_of(interaction), limit, search)


def require_owner_or_manager(interaction: discord.Interaction, origin: RequestOrigin) -> None:
    """Raise RequestError unless the person ordered it, or manages messages there."""
    if origin.user_id != interaction.user.id and not (
        origin.guild_id is not None
        and _is_at(interaction, origin)
        and interaction.permissions.manage_messages
    ):
        raise RequestError(messages.NOT_YOURS)


async def is_manager(interaction: Interaction) -> bool:
    """Return whether a person manages this server, or owns the bot."""
    return interaction.permissions.manage_guild or await interaction.client.is_owner(
        interaction.user
    )


async def require_bot_owner(interaction: Interaction) -> None:
    """Raise RequestError unless the person owns the bot."""
    if not await interaction.client.is_owner(interaction.user):
        raise RequestError(messages.FOR_BOT_OWNER)


def require_manager(interaction: discord.Interaction, guild_id: int) -> None:
    """Raise RequestError unless the person manages a server, and is there.

    Another server's custom id gets the same sentence as an invalid one.
    """
    if interaction.guild_id != guild_id:
        raise RequestError(messages.NO_CLIP)
    if not interaction.permissions.manage_guild:
        raise RequestError(messages.FOR_MANAGERS)


def guild_of(interaction: discord.Interaction) -> int:
    """Return the server. Raises RequestError in direct messages."""
    if interaction.guild_id is None:
        raise RequestError(messages.ON_SERVERS_ONLY)
    return interaction.guild_id


def sight_of(interaction: discord.Interaction) -> Sight:
    """Return what a person can see here, for lists of clips; `is_shown_to` tells it of one."""
    guild, person = interaction.guild, interaction.user
    seen = {interaction.channel_id or 0}
    if guild is not None and isinstance(person, discord.Member):
        seen |= places_seen_by(guild, person)
    return Sight(channel_ids=seen, user_id=person.id)


def is_shown_to(interaction: discord.Interaction, clip: Clip) -> bool:
    """Return whether a clip is the person's, or is posted where they can see it.

    A held clip is posted elsewhere than it was ordered.
    """
    shows_it = interaction.message is not None and interaction.message.id == clip.message_id
    if clip.origin.user_id == interaction.user.id:
        return True
    return not clip.is_private and (
        shows_it or _is_at(interaction, clip.origin) or _can_look_into(interaction, clip.origin)
    )


def _can_look_into(interaction: discord.Interaction, origin: RequestOrigin) -> bool:
    """Return whether a person can see the place on this server where something was ordered."""
    guild, person = interaction.guild, interaction.user
    if guild is None or guild.id != origin.guild_id or not isinstance(person, discord.Member):
        return False
    place = guild.get_channel_or_thread(origin.channel_id)
    return place is not None and can_see(place, person)


def _is_at(interaction: discord.Interaction, origin: RequestOrigin) -> bool:
    return (interaction.guild_id, interaction.channel_id) == (origin.guild_id, origin.channel_id)
