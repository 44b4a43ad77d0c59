"""Threads: creation, membership and archiving."""

from __future__ import annotations

from bot.demo.discord.channels import Channel, ChannelType, Thread
from bot.demo.discord.gateway import Intent
from bot.demo.discord.messages import Message, MessageType
from bot.demo.discord.people import Person
from bot.demo.discord.posting import mark_thread, post, send_channel_event, send_message_update
from bot.demo.discord.refusals import Problems, Refusal
from bot.demo.discord.rights import Right
from bot.demo.discord.state import Discord

MOST_NAME_CHARACTERS = 100
_MINUTES = frozenset({60, 1440, 4320, 10_080})


async def begin_thread(
    discord: Discord,
    person: Person,
    channel: Channel,
    name: str,
    *,
    message: Message | None = None,
    is_private: bool = False,
    archive_minutes: int = 1440,
) -> Channel:
    """Create a thread, from a message or standalone. Raises Refusal."""
    # Forum posts are not implemented.
    if channel.type is not ChannelType.TEXT:
        raise Refusal(400, 50024)
    needed = Right.CREATE_PRIVATE_THREADS if is_private else Right.CREATE_PUBLIC_THREADS
    if not discord.rights_of(person, channel) & needed:
        raise Refusal(403, 50013)
    problems = Problems()
    problems.text("name", name, MOST_NAME_CHARACTERS, required=True)
    problems.choice("auto_archive_duration", archive_minutes, _MINUTES)
    problems.check()
    if message is not None and message.thread is not None:
        raise Refusal(400, 160004)
    if message is not None and message.is_ephemeral:
        raise Refusal(403, 50021)
    thread = Channel(
        # A thread started from a message has the message's id.
        message.id if message is not None else discord.ids.next(),
        name,
        ChannelType.PRIVATE_THREAD if is_private else ChannelType.PUBLIC_THREAD,
        channel.guild,
        parent=channel,
        thread=Thread(person, archive_minutes, members={person.id: discord.clock()}),
    )
    discord.channels[thread.id] = thread
    await send_channel_event(discord, "create", thread)
    if message is not None:
        mark_thread(message, thread)
        await send_message_update(discord, message, "thread")
        starter = Message(
            discord.ids.next(), person, thread, MessageType.THREAD_STARTER, reference=message
        )
        await post(discord, starter, {}, [])
    elif not is_private:
        announcement = Message(discord.ids.next(), person, channel, MessageType.THREAD_CREATED)
        announcement.thread = thread
        await post(discord, announcement, {"content": name}, [])
    return thread


def _thread_of(channel: Channel) -> Thread:
    if channel.thread is None:
        raise Refusal(400, 50024)
    return channel.thread


async def add_to_thread(discord: Discord, channel: Channel, person: Person) -> None:
    """Add a person to a thread. Raises Refusal."""
    thread = _thread_of(channel)
    if thread.is_archived:
        raise Refusal(400, 50083)
    if channel.guild is None or person.id not in channel.guild.members:
        raise Refusal(404, 10007)
    if person.id in thread.members:
        return
    thread.members[person.id] = discord.clock()
    await _send_member_events(discord, channel, added=person)


async def remove_from_thread(discord: Discord, channel: Channel, person: Person) -> None:
    """Remove a person from a thread. Raises Refusal."""
    thread = _thread_of(channel)
    if thread.members.pop(person.id, None) is not None:
        await _send_member_events(discord, channel, removed=person)


async def _send_member_events(
    discord: Discord,
    channel: Channel,
    *,
    added: Person | None = None,
    removed: Person | None = None,
) -> None:
    thread = _thread_of(channel)
    assert channel.guild is not None
    await send_channel_event(discord, "update", channel)
    members = [
        {"id": str(channel.id), "user_id": str(each.id), "join_timestamp": None, "flags": 0}
        for each in ([added] if added else [])
    ]
    event = {
        "id": str(channel.id),
        "guild_id": str(channel.guild.id),
        "member_count": len(thread.members),
        "added_members": members,
        "removed_member_ids": [str(removed.id)] if removed else [],
    }
    # Without the members intent a bot gets events about itself only.
    if discord.me in (added, removed):
        await discord.gateway.dispatch("THREAD_MEMBERS_UPDATE", event, Intent.GUILDS)


async def set_archived(
    discord: Discord, channel: Channel, *, is_archived: bool, is_locked: bool | None = None
) -> None:
    """Archive or unarchive a thread. Raises Refusal."""
    thread = _thread_of(channel)
    thread.is_archived = is_archived
    thread.archived_at = discord.clock()
    thread.is_locked = thread.is_locked if is_locked is None else is_locked
    await send_channel_event(discord, "update", channel)
