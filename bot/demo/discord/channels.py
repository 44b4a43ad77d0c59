"""Channels of a server, threads and direct messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from bot.demo.discord.guild import Guild
from bot.demo.discord.messages import Message
from bot.demo.discord.people import Person
from bot.demo.discord.rights import IN_DIRECT_MESSAGES, NONE, Overwrite, Right, rights_in_channel
from bot.demo.discord.snowflakes import iso_time, made_at


class ChannelType(IntEnum):
    """Kinds of channels, with Discord's numbers."""

    TEXT = 0
    DM = 1
    VOICE = 2
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    STAGE = 13
    FORUM = 15


@dataclass
class Thread:
    """The fields that only threads have."""

    owner: Person
    archive_minutes: int = 1440
    is_archived: bool = False
    is_locked: bool = False
    archived_at: float = 0.0
    members: dict[int, float] = field(default_factory=dict)
    """Times of joining by person id."""


@dataclass(eq=False)
class Channel:
    """A place for messages."""

    id: int
    name: str
    type: ChannelType = ChannelType.TEXT
    guild: Guild | None = None
    recipients: tuple[Person, ...] = ()
    """The two participants of direct messages."""
    parent: Channel | None = None
    thread: Thread | None = None
    topic: str | None = None
    position: int = 0
    slow_seconds: int = 0
    user_limit: int = 0
    """The maximum number of people in a voice channel; 0 for no limit."""
    voice_status: str | None = None
    """The status shown below a voice channel's name."""
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    is_deleted: bool = False

    @property
    def seen(self) -> list[Message]:
        """The messages that are not ephemeral, oldest first."""
        return [each for each in self.messages.values() if not each.is_ephemeral]

    def rights_of(self, person: Person, now: float) -> Right:
        """Return a person's rights here; none if they can't view the channel."""
        if self.guild is None:
            return IN_DIRECT_MESSAGES if person in self.recipients else NONE
        member = self.guild.members.get(person.id)
        if member is None:
            return NONE
        ruled_by = self.parent or self
        rights = rights_in_channel(
            self.guild.rights_of(member),
            ruled_by.overwrites.values(),
            everyone_id=self.guild.id,
            role_ids=member.role_ids,
            member_id=person.id,
            is_timed_out=member.timed_out_until > now,
        )
        if self.thread is not None:
            if self.type is ChannelType.PRIVATE_THREAD and person.id not in self.thread.members:
                return rights if rights & Right.MANAGE_THREADS else NONE
            # Threads have their own right to send messages.
            in_threads = bool(rights & Right.SEND_MESSAGES_IN_THREADS)
            rights = rights & ~Right.SEND_MESSAGES
            rights |= Right.SEND_MESSAGES if in_threads else NONE
        return rights

    def is_seen_by(self, person: Person, now: float) -> bool:
        """Return whether a person can view the channel."""
        return not self.is_deleted and bool(self.rights_of(person, now) & Right.VIEW_CHANNEL)

    def as_json(self, viewer: Person | None = None) -> dict[str, Any]:
        """Return it as Discord's JSON for a person; direct messages list the other participants."""
        about: dict[str, Any] = {
            "id": str(self.id),
            "type": int(self.type),
            "flags": 0,
            "last_message_id": str(next(reversed(self.messages))) if self.messages else None,
        }
        if self.guild is None:
            others = [each for each in self.recipients if each is not viewer]
            return about | {"recipients": [each.as_json() for each in others]}
        about |= {
            "guild_id": str(self.guild.id),
            "name": self.name,
            "parent_id": str(self.parent.id) if self.parent else None,
            "rate_limit_per_user": self.slow_seconds,
            "nsfw": False,
        }
        if self.thread is None:
            return (
                about
                | {
                    "position": self.position,
                    "topic": self.topic,
                    "permission_overwrites": [each.as_json() for each in self.overwrites.values()],
                }
                | (
                    {"bitrate": 64_000, "user_limit": self.user_limit, "rtc_region": None}
                    if self.type in (ChannelType.VOICE, ChannelType.STAGE)
                    else {}
                )
            )
        return about | self._thread_json(self.thread)

    def _thread_json(self, thread: Thread) -> dict[str, Any]:
        begun = made_at(self.id)
        return {
            "owner_id": str(thread.owner.id),
            "message_count": len(self.messages),
            "total_message_sent": len(self.messages),
            "member_count": len(thread.members),
            "thread_metadata": {
                "archived": thread.is_archived,
                "locked": thread.is_locked,
                "auto_archive_duration": thread.archive_minutes,
                "archive_timestamp": iso_time(thread.archived_at or begun),
                "create_timestamp": iso_time(begun),
            },
        }
