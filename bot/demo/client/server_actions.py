"""Actions on the server: direct messages, threads, channels, voice, leaving and rejoining."""

from __future__ import annotations

from bot.demo.client.action import ActionContext, Result
from bot.demo.client.action_fields import (
    CreateChannel,
    CreateThread,
    InChannel,
    Nothing,
    OnPerson,
)
from bot.demo.discord.actions import managing, membership, moderation, places
from bot.demo.discord.voice import moves


async def open_dm(doer: ActionContext, asked: OnPerson) -> Result:
    """Open the direct messages with a person."""
    channel = await places.open_dm(doer.discord, doer.person, int(asked.user_id))
    return {"channel_id": str(channel.id)}


async def create_thread(doer: ActionContext, asked: CreateThread) -> Result:
    """Create a thread."""
    message_id = None if asked.message_id is None else int(asked.message_id)
    channel = await places.create_thread(
        doer.discord, doer.person, int(asked.channel_id), asked.name, message_id=message_id
    )
    return {"channel_id": str(channel.id)}


async def create_channel(doer: ActionContext, asked: CreateChannel) -> Result:
    """Add a channel to the server."""
    topic = asked.topic or None
    channel = await managing.create_channel(doer.discord, doer.person, asked.name, topic=topic)
    return {"channel_id": str(channel.id)}


async def join_voice(doer: ActionContext, asked: InChannel) -> Result:
    """Join a voice channel."""
    channel = doer.discord.channel_for(doer.person, int(asked.channel_id))
    await moves.join(doer.discord, doer.person, channel)
    return {}


async def leave_voice(doer: ActionContext, asked: Nothing) -> Result:
    """Leave the current voice channel."""
    await moves.leave(doer.discord, doer.person, doer.discord.guild.id)
    return {}


async def kick(doer: ActionContext, asked: OnPerson) -> Result:
    """Kick a member, who may rejoin."""
    await moderation.kick(doer.discord, doer.person, int(asked.user_id))
    return {}


async def leave(doer: ActionContext, asked: Nothing) -> Result:
    """Leave the server."""
    await membership.leave(doer.discord, doer.person)
    return {}


async def rejoin(doer: ActionContext, asked: Nothing) -> Result:
    """Rejoin the server."""
    await membership.rejoin(doer.discord, doer.person)
    return {}
