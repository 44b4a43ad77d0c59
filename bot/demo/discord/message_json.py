"""Discord's JSON of a message, for a given viewer."""

from __future__ import annotations

from typing import Any

from bot.demo.discord.messages import Message, MessageType
from bot.demo.discord.people import Person
from bot.demo.discord.snowflakes import iso_time, made_at

_COPIED = (
    "type", "content", "embeds", "attachments", "timestamp", "edited_timestamp", "flags",
    "mentions", "mention_roles", "components",
)  # fmt: skip
"""The fields of a message that a forward copies."""
_HIDDEN: dict[str, Any] = {"content": "", "attachments": [], "embeds": [], "components": []}


def message_json(
    message: Message, base: str, viewer: Person | None = None, *, with_reference: bool = True
) -> dict[str, Any]:
    """Return a message as `viewer` sees it; URLs of files begin with `base`."""
    shown: dict[str, Any] = {
        "id": str(message.id),
        "type": int(message.type),
        "channel_id": str(message.channel.id),
        "author": message.author.as_json(),
        "content": message.content,
        "timestamp": iso_time(made_at(message.id)),
        "edited_timestamp": iso_time(message.edited_at) if message.edited_at else None,
        "tts": False,
        "mention_everyone": message.mentions_everyone,
        "mentions": [person.as_json() for person in message.mentions],
        "mention_roles": [],
        "attachments": [file.as_json(base) for file in message.files],
        "embeds": [
            _embed_json(each, message, base) for each in message.payload.get("embeds") or []
        ],
        "components": message.payload.get("components") or [],
        "pinned": False,
        "flags": message.flags,
    }
    if "nonce" in message.payload:
        shown["nonce"] = message.payload["nonce"]
    if message.author.is_bot:
        shown["application_id"] = str(message.author.id)
    if message.poll is not None:
        shown["poll"] = message.poll.as_json(viewer)
    if message.reactions.by_emoji:
        shown["reactions"] = message.reactions.as_json(viewer)
    if message.thread is not None:
        shown["thread"] = message.thread.as_json(viewer)
    asked = message.interaction
    if asked is not None:
        shown |= asked.as_message_metadata()
    if message.reference is not None:
        shown |= _reference_json(message, base, viewer, with_reference=with_reference)
    return shown


def _embed_json(embed: dict[str, Any], message: Message, base: str) -> dict[str, Any]:
    """Return an embed with the URLs of attached pictures filled in."""
    shown = dict(embed)
    for name in ("image", "thumbnail"):
        url = str((embed.get(name) or {}).get("url") or "")
        for file in message.files:
            if url == f"attachment://{file.name}" or f"/attachments/{file.id}/" in url:
                shown[name] = embed[name] | {"url": file.as_json(base)["url"]}
    return shown


def _reference_json(
    message: Message, base: str, viewer: Person | None, *, with_reference: bool
) -> dict[str, Any]:
    reference = message.reference
    assert reference is not None
    place: dict[str, Any] = {
        "type": 0,
        "message_id": str(reference.id),
        "channel_id": str(reference.channel.id),
    }
    if reference.channel.guild is not None:
        place |= {"guild_id": str(reference.channel.guild.id)}
    if message.is_forward:
        copied = message_json(reference, base, None, with_reference=False)
        place["type"] = 1
        snapshot = {"message": {name: copied[name] for name in _COPIED}}
        return {"message_reference": place, "message_snapshots": [snapshot]}
    shown: dict[str, Any] = {"message_reference": place}
    if with_reference and message.type in (MessageType.REPLY, MessageType.THREAD_STARTER):
        is_there = reference.id in reference.channel.messages
        shown["referenced_message"] = (
            message_json(reference, base, viewer, with_reference=False) if is_there else None
        )
    return shown


def without_content(shown: dict[str, Any], app_id: int) -> dict[str, Any]:
    """Remove the content that an app without the message content intent does not get."""
    hidden, app = dict(shown), str(app_id)
    if hidden.get("referenced_message"):
        hidden["referenced_message"] = without_content(hidden["referenced_message"], app_id)
    if hidden["author"]["id"] != app and all(each["id"] != app for each in hidden["mentions"]):
        hidden |= _HIDDEN
        hidden.pop("poll", None)
        hidden.pop("message_snapshots", None)
    return hidden
