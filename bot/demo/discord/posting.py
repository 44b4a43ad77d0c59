"""Create, change and delete messages, with the events for everyone concerned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.demo.discord.channels import Channel, ChannelType
from bot.demo.discord.components import number_components
from bot.demo.discord.files import File
from bot.demo.discord.gateway import Intent
from bot.demo.discord.mentions import find_mentioned
from bot.demo.discord.message_json import message_json, without_content
from bot.demo.discord.messages import HAS_THREAD, Message, MessageType
from bot.demo.discord.people import Person
from bot.demo.discord.polls import begin_poll
from bot.demo.discord.refusals import Problems, Refusal
from bot.demo.discord.rights import Right
from bot.demo.discord.state import Discord
from bot.i18n.sentence import Sentence


async def post(
    discord: Discord, message: Message, payload: Mapping[str, Any], files: Sequence[File]
) -> dict[str, Any]:
    """Store a new message from a checked payload, and send its events.

    Returns the message as the bot sees it.
    """
    if payload.get("poll") is not None:
        message.poll = begin_poll(payload["poll"], discord.clock())
    _fill(discord, message, payload, files)
    channel = message.channel
    channel.messages[message.id] = message
    if channel.thread is not None:
        # Writing in a thread joins it.
        channel.thread.members.setdefault(message.author.id, discord.clock())
    if channel.thread is not None and channel.thread.is_archived:
        # Writing in an archived thread unarchives it.
        channel.thread.is_archived = False
        await send_channel_event(discord, "update", channel)
    return await send_message_event(discord, "create", message)


async def change(
    discord: Discord, message: Message, payload: Mapping[str, Any], files: Sequence[File]
) -> dict[str, Any]:
    """Apply a checked payload to a message, and send its events; return it as the bot sees it."""
    _fill(discord, message, payload, files)
    message.edited_at = discord.clock()
    return await send_message_event(discord, "update", message, reason="edit")


async def remove(discord: Discord, message: Message) -> None:
    """Delete a message, and send its events."""
    readers = list(_readers(discord, message))
    del message.channel.messages[message.id]
    for file in message.files:
        discord.files.forget(file)
    place = {"channel_id": str(message.channel.id)}
    for person in readers:
        discord.feeds.tell(person, "message_delete", message_id=str(message.id), **place)
    if not message.is_ephemeral and _bot_sees(discord, message.channel):
        event = {"id": str(message.id)} | place | _guild(message.channel)
        await discord.gateway.dispatch("MESSAGE_DELETE", event, _intent(message.channel))


async def send_message_event(
    discord: Discord, what: str, message: Message, *, reason: str = ""
) -> dict[str, Any]:
    """Send the events of a created or updated message; return it as the bot sees it."""
    for person in _readers(discord, message):
        shown = message_json(message, "", person)
        fields: dict[str, Any] = {"message": shown} | ({"reason": reason} if reason else {})
        discord.feeds.tell(person, f"message_{what}", **fields)
    shown = message_json(message, discord.base, discord.me)
    if not message.is_ephemeral and _bot_sees(discord, message.channel):
        place = _guild(message.channel)
        event = shown | place
        guild = message.channel.guild
        if guild is not None:
            session = discord.gateway.session
            if session is not None and not session.intents & Intent.MESSAGE_CONTENT:
                event = without_content(event, discord.me.id)
            member = guild.members.get(message.author.id)
            if member is not None:
                event["member"] = member.as_json(with_user=False)
        await discord.gateway.dispatch(f"MESSAGE_{what.upper()}", event, _intent(message.channel))
    return shown


async def send_channel_event(discord: Discord, what: str, channel: Channel) -> None:
    """Send the events of a created, updated or deleted channel."""
    for person in discord.people.values():
        if discord.feeds.is_open(person) and channel.rights_of(person, discord.clock()):
            rights = {"rights": str(int(discord.rights_of(person, channel)))}
            shown = channel.as_json(person) | rights
            discord.feeds.tell(person, f"channel_{what}", channel=shown)
    if channel.guild is None or discord.me.id not in channel.guild.members:
        return
    kind = "THREAD" if channel.thread is not None else "CHANNEL"
    if kind == "THREAD" and not _bot_sees(discord, channel) and what != "delete":
        return
    shown = channel.as_json() | ({"newly_created": True} if what == "create" else {})
    await discord.gateway.dispatch(f"{kind}_{what.upper()}", shown, Intent.GUILDS)


async def send_message_update(discord: Discord, message: Message, reason: str) -> None:
    """Send clients, not the bot, an update of a message that was not edited."""
    for person in _readers(discord, message):
        shown = message_json(message, "", person)
        discord.feeds.tell(person, "message_update", message=shown, reason=reason)


def check_reply(
    discord: Discord, person: Person, channel: Channel, reference: Mapping[str, Any] | None
) -> Message | None:
    """Return the message that is replied to. Raises Refusal if it does not exist."""
    if not reference:
        return None
    id_ = int(reference.get("message_id") or 0)
    found = channel.messages.get(id_)
    if found is not None and not found.is_ephemeral:
        return found
    if reference.get("fail_if_not_exists", True):
        problems = Problems()
        problems.add("message_reference", "REPLIES_UNKNOWN_MESSAGE", Sentence("It is not there."))
        problems.check()
    return None


def check_open(channel: Channel) -> None:
    """Check that messages can be sent to a channel. Raises Refusal."""
    if channel.type is ChannelType.FORUM:
        raise Refusal(400, 50008)
    if channel.thread is not None and channel.thread.is_locked:
        raise Refusal(403, 160005)


def send_typing(discord: Discord, person: Person, channel: Channel) -> None:
    """Tell clients that a person is typing."""
    for each in discord.viewers(channel):
        if each is not person:
            discord.feeds.tell(each, "typing", channel_id=str(channel.id), user_id=str(person.id))


def mark_thread(message: Message, thread: Channel) -> None:
    """Record the thread started from a message."""
    message.thread = thread
    message.flags |= HAS_THREAD


def _fill(
    discord: Discord, message: Message, payload: Mapping[str, Any], files: Sequence[File]
) -> None:
    for file in files:
        discord.keep_file(file)
    if payload.get("components"):
        number_components(payload["components"])
    for file in message.take(payload, list(files)):
        discord.files.forget(file)
    if "content" in payload or not message.mentions:
        _set_mentions(discord, message)


def _set_mentions(discord: Discord, message: Message) -> None:
    rights = discord.rights_of(message.author, message.channel)
    replied = message.reference if message.type is MessageType.REPLY else None
    allowed = message.payload.get("allowed_mentions")
    if allowed is not None and "replied_user" not in allowed and not message.author.is_bot:
        allowed = allowed | {"replied_user": True}
    mentioned = find_mentioned(
        message.content,
        allowed,
        may_mention_everyone=bool(rights & Right.MENTION_EVERYONE),
        replied_to=replied.author.id if replied else None,
    )
    message.mentions = [
        discord.people[each] for each in mentioned.person_ids if each in discord.people
    ]
    message.mentions_everyone = mentioned.everyone


def _readers(discord: Discord, message: Message) -> Iterator[Person]:
    """Yield the people whose clients get events about a message."""
    for person in discord.viewers(message.channel):
        if not message.is_ephemeral or message.reader is person:
            yield person


def _bot_sees(discord: Discord, channel: Channel) -> bool:
    return channel.is_seen_by(discord.me, discord.clock())


def _guild(channel: Channel) -> dict[str, str]:
    return {"guild_id": str(channel.guild.id)} if channel.guild else {}


def _intent(channel: Channel) -> Intent:
    return Intent.GUILD_MESSAGES if channel.guild else Intent.DIRECT_MESSAGES
