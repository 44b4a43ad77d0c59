"""Who can see a channel or a thread of a server, and a clip by its place."""

from __future__ import annotations

import discord

from bot.domain.clips import Clip
from bot.domain.sight import Sight

Place = discord.abc.GuildChannel | discord.Thread


def can_see(place: Place, who: discord.Member | discord.Role) -> bool:
    """Return whether a person, or everybody with a role, can see a channel or thread.

    A private thread is seen by its members, as far as they are known, and by those who manage the
    threads of its channel.
    """
    try:
        rights = place.permissions_for(who)
    except discord.ClientException:
        return False  # a thread whose channel is unknown
    if not rights.view_channel:
        return False
    if not isinstance(place, discord.Thread) or not place.is_private():
        return True
    # The rights in a thread are those in its channel, also where the thread is private.
    return isinstance(who, discord.Member) and (
        rights.manage_threads or any(each.id == who.id for each in place.members)
    )


def places_seen_by(guild: discord.Guild, who: discord.Member | discord.Role) -> set[int]:
    """Return the channels and threads of a server that a person, or a role, can see."""
    places = [*guild.channels, *guild.threads]
    return {place.id for place in places if can_see(place, who)}


def sight_of_everybody(guild: discord.Guild) -> Sight:
    """Return what everybody on a server can see."""
    return Sight(channel_ids=places_seen_by(guild, guild.default_role))


def is_for_everybody(guild: discord.Guild, clip: Clip) -> bool:
    """Return whether everybody on a server can see a clip, where it was made."""
    if clip.is_private or clip.origin.guild_id != guild.id:
        return False
    place = guild.get_channel_or_thread(clip.origin.channel_id)
    return place is not None and can_see(place, guild.default_role)
