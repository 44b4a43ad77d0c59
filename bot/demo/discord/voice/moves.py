"""Joining, leaving and moving between voice channels, with the resulting events."""

from __future__ import annotations

from typing import Any

from bot.demo.discord.channels import Channel, ChannelType
from bot.demo.discord.gateway import Intent
from bot.demo.discord.people import Person
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.rights import Right
from bot.demo.discord.state import Discord
from bot.demo.discord.voice.states import VOICE_TYPES, VoiceState

_SENT_AWAY = 4014


async def join(
    discord: Discord, person: Person, channel: Channel, *, is_deaf: bool = False
) -> None:
    """Let a person join a voice channel, or move there from another. Raises Refusal."""
    if channel.guild is None or channel.type not in VOICE_TYPES:
        raise Refusal(400, 50024)
    if not discord.rights_of(person, channel) & Right.CONNECT:
        raise Refusal(403, 50013)
    others = [each for each in discord.voice.people_in(channel) if each is not person]
    if channel.user_limit and len(others) >= channel.user_limit:
        raise Refusal(403, 50013)
    await move(discord, person, channel, is_deaf=is_deaf)


async def move(
    discord: Discord, person: Person, channel: Channel, *, is_deaf: bool = False
) -> None:
    """Move a person into a channel without checking rights."""
    assert channel.guild is not None
    state = discord.voice.by_member.setdefault(
        (channel.guild.id, person.id), VoiceState(person, channel)
    )
    state.channel, state.is_deaf = channel, is_deaf
    state.is_suppressed = channel.type is ChannelType.STAGE
    await _send_voice_state(discord, state)
    if person is discord.me:
        await send_voice_server_update(discord, state)


async def leave(discord: Discord, person: Person, guild_id: int) -> None:
    """Remove a person from voice."""
    state = discord.voice.by_member.pop((guild_id, person.id), None)
    if state is None:
        return
    await _send_voice_state(discord, state, is_gone=True)
    if not discord.voice.people_in(state.channel):
        await set_status(discord, state.channel, None)
    if person is discord.me:
        await discord.voice.server.close_connection(guild_id, _SENT_AWAY)


async def disconnect_all(discord: Discord, channel: Channel) -> None:
    """Disconnect everybody from a deleted channel."""
    for person in discord.voice.people_in(channel):
        assert channel.guild is not None
        await leave(discord, person, channel.guild.id)


async def set_status(discord: Discord, channel: Channel, status: str | None) -> None:
    """Set or remove the status below a voice channel's name."""
    if channel.guild is None or status == channel.voice_status:
        return
    channel.voice_status = status
    event = {"id": str(channel.id), "guild_id": str(channel.guild.id), "status": status}
    await discord.gateway.dispatch("VOICE_CHANNEL_STATUS_UPDATE", event, Intent.GUILDS)
    for viewer in discord.viewers(channel):
        discord.feeds.tell(viewer, "voice_status", channel_id=str(channel.id), status=status)


async def handle_voice_state_update(discord: Discord, wanted: dict[str, Any]) -> None:
    """Handle the bot's voice state update; a forbidden one gets no answer."""
    guild_id, channel_id = int(wanted["guild_id"]), wanted["channel_id"]
    if channel_id is None:
        await leave(discord, discord.me, guild_id)
        return
    channel = discord.channels.get(int(channel_id))
    if channel is None or channel.is_deleted:
        return
    try:
        await join(discord, discord.me, channel, is_deaf=bool(wanted.get("self_deaf")))
    except Refusal:
        return


async def send_voice_server_update(discord: Discord, state: VoiceState) -> None:
    """Send the bot a new voice server and token, as after a change of region."""
    assert state.channel.guild is not None
    guild_id, server = state.channel.guild.id, discord.voice.server
    token = server.prepare_connection(guild_id, state.person.id, state.channel.id, state.session_id)
    event = {"token": token, "guild_id": str(guild_id), "endpoint": server.endpoint}
    await discord.gateway.dispatch("VOICE_SERVER_UPDATE", event)


async def _send_voice_state(discord: Discord, state: VoiceState, *, is_gone: bool = False) -> None:
    event = state.as_json(is_gone=is_gone)
    await discord.gateway.dispatch("VOICE_STATE_UPDATE", event, Intent.GUILD_VOICE_STATES)
    for viewer in discord.viewers(state.channel):
        discord.feeds.tell(viewer, "voice_update", voice=event)
