"""What a Discord at the wire remembers: people, channels, messages with their edits, interactions.

Each can say itself in Discord's own words, as JSON.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.support.discord_wire.files import File, new_id

EPHEMERAL = 1 << 6
LOADING = 1 << 7
RIGHTS = str(1 << 10 | 1 << 11 | 1 << 15 | 1 << 16)
"""To see channels, send messages, attach files and read what was said before."""


def now_iso():
    return datetime.now(UTC).isoformat()


@dataclass
class Person:
    """A user; the bot is one, too."""

    name: str
    id: int = field(default_factory=new_id)
    is_bot: bool = False
    takes_dms: bool = True

    def as_json(self):
        return {
            "id": str(self.id),
            "username": self.name,
            "global_name": self.name,
            "discriminator": "0",
            "avatar": None,
            "bot": self.is_bot,
        }

    def as_member(self, *, with_user=True):
        member = {
            "roles": [],
            "joined_at": now_iso(),
            "deaf": False,
            "mute": False,
            "flags": 0,
            "permissions": RIGHTS,
        }
        return member | ({"user": self.as_json()} if with_user else {})


@dataclass
class Channel:
    """A text channel of the server, or a direct message with someone."""

    name: str
    id: int = field(default_factory=new_id)
    guild_id: int | None = None
    recipient: Person | None = None
    is_deleted: bool = False
    refuses: tuple[int, int] | None = None
    """Status and code that the bot meets here, such as (403, 50013)."""
    messages: dict[int, Message] = field(default_factory=dict)

    @property
    def seen(self):
        """The messages that everybody sees, oldest first."""
        return [each for each in self.messages.values() if not each.is_ephemeral]

    def as_json(self):
        if self.recipient is not None:
            return {"id": str(self.id), "type": 1, "recipients": [self.recipient.as_json()]}
        return {
            "id": str(self.id),
            "type": 0,
            "guild_id": str(self.guild_id),
            "name": self.name,
            "position": 0,
            "permission_overwrites": [],
            "nsfw": False,
            "parent_id": None,
            "topic": None,
            "rate_limit_per_user": 0,
            "permissions": RIGHTS,
        }


@dataclass
class Message:
    """A message as it is now; `states` holds the content it had, oldest first."""

    author: Person
    channel: Channel
    id: int = field(default_factory=new_id)
    payload: dict[str, Any] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    flags: int = 0
    edited_at: str | None = None
    interaction: Interaction | None = None
    reference_id: int | None = None
    mentions: list[Person] = field(default_factory=list)

    @property
    def content(self):
        return self.payload.get("content") or ""

    @property
    def is_ephemeral(self):
        return bool(self.flags & EPHEMERAL)

    @property
    def buttons(self):
        """The names of its buttons, as the bot knows them, by their labels."""
        rows = self.payload.get("components") or []
        return {each["label"]: each["custom_id"] for row in rows for each in row["components"]}

    @property
    def clips(self):
        """The sound among its files."""
        return [file for file in self.files if file.name.startswith("zhiyin-")]

    def take(self, payload, files):
        """Become what a payload says; files stay unless it names those that do."""
        for name in ("content", "embeds", "components", "allowed_mentions", "nonce"):
            if name in payload:
                self.payload[name] = payload[name]
        self.flags = self.flags & ~LOADING | payload.get("flags", 0)
        if "attachments" in payload:
            kept = {str(each["id"]) for each in payload["attachments"]}
            self.files = [file for file in self.files if str(file.id) in kept]
        self.files += [File(name, data) for name, data in files]
        self.states.append(self.content)

    def as_json(self, base):
        return {
            "id": str(self.id),
            "type": 19 if self.reference_id else 0,
            "channel_id": str(self.channel.id),
            "author": self.author.as_json(),
            "content": self.content,
            "timestamp": now_iso(),
            "edited_timestamp": self.edited_at,
            "tts": False,
            "mention_everyone": False,
            "mentions": [person.as_json() for person in self.mentions],
            "mention_roles": [],
            "attachments": [file.as_json(base) for file in self.files],
            "embeds": self.payload.get("embeds") or [],
            "components": self.payload.get("components") or [],
            "pinned": False,
            "flags": self.flags,
            **({"nonce": self.payload["nonce"]} if "nonce" in self.payload else {}),
            **(
                {
                    "message_reference": {
                        "message_id": str(self.reference_id),
                        "channel_id": str(self.channel.id),
                    }
                }
                if self.reference_id
                else {}
            ),
        }


@dataclass
class Interaction:
    """Something a person did that the bot has to answer, and how that went."""

    user: Person
    channel: Channel
    data: dict[str, Any]
    type: int = 2
    id: int = field(default_factory=new_id)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(64))
    sent_at: float = 0.0
    """By `time.perf_counter`."""
    answered_at: float | None = None
    expires_at: float = 0.0
    """By the clock of the wire."""
    message: Message | None = None
    """The first answer."""
    source: Message | None = None
    """The message whose button was pressed."""
    followups: list[Message] = field(default_factory=list)
    tries: int = 0
    """How often the bot began to answer."""
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def seconds(self):
        """How long the acknowledgement took."""
        assert self.answered_at is not None, "it was never acknowledged"
        return self.answered_at - self.sent_at

    def as_json(self, wire):
        channel = self.channel
        said = {
            "id": str(self.id),
            "application_id": str(wire.application_id),
            "type": self.type,
            "data": self.data,
            "guild_id": str(channel.guild_id),
            "guild": {"id": str(channel.guild_id), "features": [], "locale": "en-US"},
            "channel_id": str(channel.id),
            "channel": channel.as_json(),
            "member": self.user.as_member(),
            "token": self.token,
            "version": 1,
            "app_permissions": RIGHTS,
            "locale": "en-US",
            "guild_locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": {"0": str(channel.guild_id)},
            "context": 0,
            "attachment_size_limit": wire.upload_limit_bytes,
        }
        return said | ({"message": self.source.as_json(wire.base)} if self.source else {})
