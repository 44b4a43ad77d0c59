"""Who is in which voice channel."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.demo.discord.channels import Channel, ChannelType
from bot.demo.discord.people import Person
from bot.demo.discord.voice.board_sound import BoardSound
from bot.demo.discord.voice.server import VoiceServer

VOICE_TYPES = (ChannelType.VOICE, ChannelType.STAGE)


@dataclass(eq=False)
class VoiceState:
    """A person in a voice channel."""

    person: Person
    channel: Channel
    session_id: str = field(default_factory=lambda: secrets.token_hex(16))
    is_deaf: bool = False
    is_muted: bool = False
    is_suppressed: bool = False
    """Whether they are in the audience of a stage, and cannot be heard."""

    def as_json(self, *, is_gone: bool = False) -> dict[str, Any]:
        """Return it as Discord's JSON."""
        guild = self.channel.guild
        assert guild is not None
        member = guild.members.get(self.person.id)
        return {
            "guild_id": str(guild.id),
            "channel_id": None if is_gone else str(self.channel.id),
            "user_id": str(self.person.id),
            "session_id": self.session_id,
            "deaf": False,
            "mute": False,
            "self_deaf": self.is_deaf,
            "self_mute": self.is_muted,
            "self_video": False,
            "suppress": self.is_suppressed,
            "request_to_speak_timestamp": None,
        } | ({"member": member.as_json()} if member else {})


class VoiceStates:
    """Everybody in voice channels, the soundboards and the voice server, of all servers."""

    def __init__(self) -> None:
        self.by_member: dict[tuple[int, int], VoiceState] = {}
        """States by server id and person id."""
        self.sounds: dict[int, BoardSound] = {}
        """Soundboard sounds by id."""
        self.server = VoiceServer()

    def of(self, person: Person, guild_id: int) -> VoiceState | None:
        """Return a person's state on a server."""
        return self.by_member.get((guild_id, person.id))

    def all_in(self, guild_id: int) -> Iterator[VoiceState]:
        """Yield the states of everybody in voice on a server."""
        return (each for (guild, _), each in self.by_member.items() if guild == guild_id)

    def people_in(self, channel: Channel) -> list[Person]:
        """Return the people in a channel."""
        return [each.person for each in self.by_member.values() if each.channel is channel]
