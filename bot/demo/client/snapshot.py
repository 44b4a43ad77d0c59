"""The initial state for a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.demo.discord import reading
from bot.demo.discord.people import Person
from bot.demo.discord.rights import Right
from bot.demo.discord.state import MAX_FILE_BYTES, Discord
from bot.i18n.sentence import Sentence

PAGE_MESSAGES = 50
MAX_FILES = 10
MAX_CHARACTERS = 2000

_ABOUT = {
    "owner": Sentence("Owner"),
    "manager": Sentence("Manager"),
    "member": Sentence("Friend"),
}


def snapshot_of(
    discord: Discord,
    person: Person,
    people: Mapping[str, Person],
    read: Callable[[Sentence], str],
) -> dict[str, Any]:
    """Return what a person sees, with the latest messages of every channel.

    `read` renders a sentence in their language. There is no await in between, so that no event can
    come between its parts.
    """
    found = reading.snapshot(discord, person)
    messages = {
        channel["id"]: reading.history(discord, person, int(channel["id"]), limit=PAGE_MESSAGES)
        for channel in found["channels"]
        if "guild_id" not in channel or channel["type"] not in _WITHOUT_MESSAGES
    }
    return found | {
        "messages": messages,
        "page_size": PAGE_MESSAGES,
        "people": [_person(discord, key, each, read) for key, each in people.items()],
        "limits": {
            "characters": MAX_CHARACTERS,
            "files": MAX_FILES,
            "upload_bytes": max_upload_bytes(discord),
        },
    }


def max_upload_bytes(discord: Discord) -> int:
    """Return the upload limit in bytes."""
    return max(MAX_FILE_BYTES, discord.guild.max_file_bytes)


_WITHOUT_MESSAGES = {4, 15, 16}
"""Channel types without messages of their own: categories, forums and media channels."""


def _person(
    discord: Discord, key: str, person: Person, read: Callable[[Sentence], str]
) -> dict[str, Any]:
    kind = _kind(discord, person)
    return {
        "id": str(person.id),
        "key": key,
        "kind": kind,
        "about": read(_ABOUT[kind]),
        "user": person.as_json(),
    }


def _kind(discord: Discord, person: Person) -> str:
    if person is discord.owner:
        return "owner"
    member = discord.guild.members.get(person.id)
    is_manager = member and Right.MANAGE_GUILD in discord.guild.rights_of(member)
    return "manager" if is_manager else "member"
