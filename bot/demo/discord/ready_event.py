"""The first events of a bot's session: READY, and GUILD_CREATE for its servers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.demo.discord.channels import Channel
from bot.demo.discord.guild import Guild
from bot.demo.discord.people import Person
from bot.demo.discord.snowflakes import iso_time
from bot.demo.discord.voice.states import VoiceState


def ready(
    me: Person, guilds: Sequence[Guild], session_id: str, resume_url: str, shard: tuple[int, int]
) -> dict[str, Any]:
    """Return the READY event of a session."""
    return {
        "v": 10,
        "user": me.as_json(),
        "guilds": [{"id": str(each.id), "unavailable": True} for each in guilds],
        "session_id": session_id,
        "shard": shard,
        "resume_gateway_url": resume_url,
        "application": {"id": str(me.id), "flags": 0},
    }


def guild_create(
    guild: Guild, me: Person, channels: Iterable[Channel], voices: Iterable[VoiceState] = ()
) -> dict[str, Any]:
    """Return the GUILD_CREATE event of a server, with those in its voice channels."""
    places = [each for each in channels if each.guild is guild and not each.is_deleted]
    voices = [each for each in voices if each.person.id in guild.members]
    here = [guild.members[each.person.id] for each in voices if each.person is not me]
    member = guild.members[me.id]
    return guild.as_json() | {
        "channels": [each.as_json() for each in places if each.thread is None],
        "threads": [
            each.as_json() for each in places if each.thread and not each.thread.is_archived
        ],
        "members": [each.as_json() for each in (member, *here)],
        "joined_at": iso_time(member.joined_at),
        "large": False,
        "unavailable": False,
        "voice_states": [each.as_json() for each in voices],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }
