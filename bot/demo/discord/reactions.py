"""Reactions to messages."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from bot.demo.discord.people import Person
from bot.demo.discord.refusals import Refusal

MOST_REACTIONS = 20
_MOST_CHARACTERS = 32


class Reactions:
    """Reactions to one message."""

    def __init__(self) -> None:
        self.by_emoji: dict[str, dict[int, Person]] = {}

    def add(self, emoji: str, person: Person) -> bool:
        """Add a reaction; return whether it is new. Raises Refusal."""
        if emoji not in self.by_emoji and len(self.by_emoji) >= MOST_REACTIONS:
            raise Refusal(403, 30010)
        people = self.by_emoji.setdefault(emoji, {})
        is_new = person.id not in people
        people[person.id] = person
        return is_new

    def remove(self, emoji: str, person: Person) -> bool:
        """Remove a reaction; return whether it existed."""
        if emoji not in self.by_emoji:
            raise Refusal(404, 10014)
        found = self.by_emoji[emoji].pop(person.id, None) is not None
        if not self.by_emoji[emoji]:
            del self.by_emoji[emoji]
        return found

    def as_json(self, viewer: Person | None) -> list[dict[str, Any]]:
        """Return them as Discord's JSON for a viewer."""
        return [
            {
                "emoji": {"id": None, "name": emoji},
                "count": len(people),
                "count_details": {"normal": len(people), "burst": 0},
                "me": viewer is not None and viewer.id in people,
                "me_burst": False,
                "burst_colors": [],
            }
            for emoji, people in self.by_emoji.items()
        ]


def read_emoji(text: str) -> str:
    """Return the emoji of a URL path segment. Raises Refusal if it is none."""
    emoji = unquote(text)
    is_word = any(each.isascii() and (each.isalpha() or each.isspace()) for each in emoji)
    if not emoji or len(emoji) > _MOST_CHARACTERS or is_word:
        raise Refusal(400, 10014)
    return emoji
