"""A sound of a server's soundboard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.demo.discord.files import File
from bot.demo.discord.people import Person


@dataclass(eq=False)
class BoardSound:
    """A sound of a server's soundboard."""

    id: int
    name: str
    file: File
    person: Person
    """The person who uploaded it."""
    guild_id: int
    volume: float = 1.0
    emoji: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as Discord's JSON."""
        return {
            "sound_id": str(self.id),
            "name": self.name,
            "volume": self.volume,
            "emoji_id": None,
            "emoji_name": self.emoji,
            "guild_id": str(self.guild_id),
            "available": True,
            "user": self.person.as_json(),
        }
