"""Messages, reactions and votes by people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.demo.discord.channels import Channel, ChannelType
from bot.demo.discord.files import File
from bot.demo.discord.gateway import Intent
from bot.demo.discord.messages import Message, MessageType
from bot.demo.discord.payloads import check_payload, check_rights_to_send
from bot.demo.discord.people import Person
from bot.demo.discord.posting import (
    change,
    check_open,
    check_reply,
    post,
    remove,
    send_message_update,
    send_typing,
)
from bot.demo.discord.reactions import read_emoji
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.rights import Right
from bot.demo.discord.snowflakes import made_at
from bot.demo.discord.state import Discord

FORWARDED = (
    MessageType.DEFAULT,
    MessageType.REPLY,
    MessageType.COMMAND,
    MessageType.MENU_COMMAND,
)
"""Kinds of messages that can be forwarded: all but system messages."""


async def send_message(
    discord: Discord,
    person: Person,
    channel_id: int,
    content: str = "",
    *,
    files: Sequence[File] = (),
    reply_to: int | None = None,
    ping: bool = True,
    poll: Mapping[str, Any] | None = None,
    nonce: str | None = None,
) -> Message:
    """Send a message and return it; a reply mentions its addressee unless `ping` is off.

    `poll` has the fields that Discord's clients send. A repeated nonce sends nothing and returns
    the first message. Raises Refusal.
    """
    known = discord.sent.find(person, nonce)
    if known is not None:
        return known
    channel = discord.channel_for(person, channel_id)
    payload: dict[str, Any] = {"content": content}
    if reply_to is not None:
        payload["message_reference"] = {"message_id": str(reply_to)}
    if poll is not None:
        payload["poll"] = poll
    if not ping:
        everybody = {"parse": ["users", "roles", "everyone"], "replied_user": False}
        payload["allowed_mentions"] = everybody
    check_open(channel)
    _check_takes_dms(channel, person)
    check_rights_to_send(discord.rights_of(person, channel), payload, files)
    reference = check_reply(discord, person, channel, payload.get("message_reference"))
    check_payload(payload, files, max_file_bytes=discord.max_file_bytes(channel))
    _check_slow_mode(discord, person, channel)
    kind = MessageType.REPLY if reference else MessageType.DEFAULT
    message = Message(discord.ids.next(), person, channel, kind, reference=reference)
    discord.sent.keep(person, nonce, message)
    await post(discord, message, payload, files)
    return message


async def forward_message(
    discord: Discord,
    person: Person,
    channel_id: int,
    message_id: int,
    to_channel_id: int,
    *,
    nonce: str | None = None,
) -> Message:
    """Forward a message to another channel; return the new one. Raises Refusal.

    A repeated nonce sends nothing and returns the first message.
    """
    known = discord.sent.find(person, nonce)
    if known is not None:
        return known
    origin = discord.message_for(person, discord.channel_for(person, channel_id), message_id)
    if origin.is_forward and origin.reference is not None:
        # A forward of a forward shows the original message.
        origin = origin.reference
    channel = discord.channel_for(person, to_channel_id)
    check_open(channel)
    _check_takes_dms(channel, person)
    check_rights_to_send(discord.rights_of(person, channel), {}, origin.files)
    if origin.is_ephemeral or origin.poll is not None or origin.type not in FORWARDED:
        raise Refusal(400, 50021)
    message = Message(discord.ids.next(), person, channel, reference=origin, is_forward=True)
    discord.sent.keep(person, nonce, message)
    await post(discord, message, {}, [])
    return message


async def edit_message(
    discord: Discord, person: Person, channel_id: int, message_id: int, content: str
) -> Message:
    """Edit a message of one's own. Raises Refusal."""
    channel = discord.channel_for(person, channel_id)
    message = discord.message_for(person, channel, message_id)
    if message.author is not person:
        raise Refusal(403, 50005)
    payload = {"content": content}
    most = discord.max_file_bytes(channel)
    check_payload(payload, [], max_file_bytes=most, edited=message)
    await change(discord, message, payload, [])
    return message


async def delete_message(
    discord: Discord, person: Person, channel_id: int, message_id: int
) -> None:
    """Delete a message of one's own, dismiss an ephemeral one, or moderate another's.

    Raises Refusal.
    """
    channel = discord.channel_for(person, channel_id)
    message = discord.message_for(person, channel, message_id)
    if message.author is not person and message.reader is not person:
        if channel.guild is None:
            raise Refusal(403, 50003)
        if not discord.rights_of(person, channel) & Right.MANAGE_MESSAGES:
            raise Refusal(403, 50013)
    await remove(discord, message)


async def start_typing(discord: Discord, person: Person, channel_id: int) -> None:
    """Show others that a person is typing. Raises Refusal."""
    channel = discord.channel_for(person, channel_id)
    if not discord.rights_of(person, channel) & Right.SEND_MESSAGES:
        raise Refusal(403, 50013)
    send_typing(discord, person, channel)
    intent = Intent.GUILD_TYPING if channel.guild else Intent.DIRECT_TYPING
    typing = {
        "channel_id": str(channel.id),
        "user_id": str(person.id),
        "timestamp": int(discord.clock()),
    }
    await discord.gateway.dispatch("TYPING_START", typing | _guild(channel), intent)


async def react(
    discord: Discord, person: Person, channel_id: int, message_id: int, emoji: str
) -> None:
    """Add a reaction to a message. Raises Refusal."""
    channel = discord.channel_for(person, channel_id)
    message = discord.message_for(person, channel, message_id)
    emoji = read_emoji(emoji)
    if message.is_ephemeral:
        raise Refusal(403, 50021)
    is_first = emoji not in message.reactions.by_emoji
    if is_first and not discord.rights_of(person, channel) & Right.ADD_REACTIONS:
        raise Refusal(403, 50013)
    if message.reactions.add(emoji, person):
        await _send_reaction_event(discord, message, person, emoji, "ADD")


async def unreact(
    discord: Discord, person: Person, channel_id: int, message_id: int, emoji: str
) -> None:
    """Remove a reaction. Raises Refusal."""
    channel = discord.channel_for(person, channel_id)
    message = discord.message_for(person, channel, message_id)
    emoji = read_emoji(emoji)
    if message.reactions.remove(emoji, person):
        await _send_reaction_event(discord, message, person, emoji, "REMOVE")


async def vote(
    discord: Discord, person: Person, channel_id: int, message_id: int, answer_ids: Sequence[int]
) -> None:
    """Replace a person's vote in a poll; no answers remove it. Raises Refusal."""
    channel = discord.channel_for(person, channel_id)
    message = discord.message_for(person, channel, message_id)
    if message.poll is None:
        raise Refusal(400, 520006)
    changed = message.poll.vote(person, answer_ids, discord.clock())
    if changed:
        await send_message_update(discord, message, "poll")
    intent = Intent.GUILD_POLLS if channel.guild else Intent.DIRECT_POLLS
    for answer_id, is_gained in changed.items():
        ballot = {
            "user_id": str(person.id),
            "channel_id": str(channel.id),
            "message_id": str(message.id),
            "answer_id": answer_id,
        }
        event = f"MESSAGE_POLL_VOTE_{'ADD' if is_gained else 'REMOVE'}"
        await discord.gateway.dispatch(event, ballot | _guild(channel), intent)


async def _send_reaction_event(
    discord: Discord, message: Message, person: Person, emoji: str, what: str
) -> None:
    await send_message_update(discord, message, "reactions")
    channel = message.channel
    if not channel.is_seen_by(discord.me, discord.clock()):
        return
    event: dict[str, Any] = {
        "user_id": str(person.id),
        "channel_id": str(channel.id),
        "message_id": str(message.id),
        "message_author_id": str(message.author.id),
        "emoji": {"id": None, "name": emoji},
        "burst": False,
        "type": 0,
    }
    if channel.guild is not None and what == "ADD":
        event["member"] = channel.guild.members[person.id].as_json()
    intent = Intent.GUILD_REACTIONS if channel.guild else Intent.DIRECT_REACTIONS
    await discord.gateway.dispatch(f"MESSAGE_REACTION_{what}", event | _guild(channel), intent)


def _guild(channel: Channel) -> dict[str, str]:
    return {"guild_id": str(channel.guild.id)} if channel.guild else {}


def _check_takes_dms(channel: Channel, person: Person) -> None:
    if channel.type is ChannelType.DM:
        others = [each for each in channel.recipients if each is not person]
        if not all(each.takes_dms for each in others):
            raise Refusal(403, 50007)


def _check_slow_mode(discord: Discord, person: Person, channel: Channel) -> None:
    if not channel.slow_seconds or discord.rights_of(person, channel) & Right.MANAGE_MESSAGES:
        return
    last = [each.id for each in channel.messages.values() if each.author is person]
    if last and discord.clock() < made_at(max(last)) + channel.slow_seconds:
        raise Refusal(429, 20016)
