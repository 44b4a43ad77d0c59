"""Users, members and roles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.demo.discord.rights import NONE, Right
from bot.demo.discord.snowflakes import iso_time


@dataclass(eq=False)
class Person:
    """A user, possibly the bot."""

    id: int
    name: str
    is_bot: bool = False
    takes_dms: bool = True
    locale: str = "en-US"
    has_app: bool = False
    """Whether they have installed the app for their account."""

    def as_json(self) -> dict[str, Any]:
        """Return it as Discord's user JSON."""
        return {
            "id": str(self.id),
            "username": self.name.lower().replace(" ", "_"),
            "global_name": None if self.is_bot else self.name,
            "discriminator": "0",
            "avatar": None,
            "bot": self.is_bot,
        } | ({"username": self.name} if self.is_bot else {})


@dataclass
class Role:
    """A role of a server."""

    id: int
    name: str
    rights: Right = NONE
    color: int = 0
    position: int = 1
    is_managed: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as Discord's role JSON."""
        return {
            "id": str(self.id),
            "name": self.name,
            "permissions": str(int(self.rights)),
            "position": self.position,
            "color": self.color,
            "colors": {
                "primary_color": self.color,
                "secondary_color": None,
                "tertiary_color": None,
            },
            "hoist": False,
            "managed": self.is_managed,
            "mentionable": False,
            "flags": 0,
        }


@dataclass
class Member:
    """A person's membership of a server."""

    person: Person
    joined_at: float
    """In seconds since 1970, like the next field."""
    timed_out_until: float = 0.0
    role_ids: list[int] = field(default_factory=list)
    nick: str | None = None

    @property
    def name(self) -> str:
        """The displayed name."""
        return self.nick or self.person.name

    def as_json(self, *, with_user: bool = True) -> dict[str, Any]:
        """Return it as Discord's member JSON; messages leave the user out."""
        ends = iso_time(self.timed_out_until) if self.timed_out_until else None
        member: dict[str, Any] = {
            "roles": [str(each) for each in self.role_ids],
            "joined_at": iso_time(self.joined_at),
            "nick": self.nick,
            "avatar": None,
            "communication_disabled_until": ends,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
        }
        return member | ({"user": self.person.as_json()} if with_user else {})
