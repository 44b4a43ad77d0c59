"""Direct messages and threads, opened by people."""

from __future__ import annotations

from bot.demo.discord.channels import Channel
from bot.demo.discord.people import Person
from bot.demo.discord.posting import send_channel_event
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.rights import Right
from bot.demo.discord.state import Discord
from bot.demo.discord.threads import (
    add_to_thread,
    begin_thread,
    set_archived,
)


async def open_dm(discord: Discord, person: Person, other_id: int) -> Channel:
    """Return the direct message channel with a person, or with the bot. Raises Refusal."""
    other = discord.person_of(other_id)
    if other is person:
        raise Refusal(400, 50007)
    known = set(discord.channels)
    channel = discord.dm_of(person, other)
    if channel.id not in known:
        await send_channel_event(discord, "create", channel)
    return channel


async def create_thread(
    discord: Discord,
    person: Person,
    channel_id: int,
    name: str,
    *,
    message_id: int | None = None,
    is_private: bool = False,
) -> Channel:
    """Create a thread, from a message or standalone. Raises Refusal."""
    channel = discord.channel_for(person, channel_id)
    message = None if message_id is None else discord.message_for(person, channel, message_id)
    return await begin_thread(
        discord, person, channel, name, message=message, is_private=is_private
    )


async def join_thread(discord: Discord, person: Person, thread_id: int) -> None:
    """Join a thread. Raises Refusal."""
    await add_to_thread(discord, discord.channel_for(person, thread_id), person)


async def archive_thread(
    discord: Discord,
    person: Person,
    thread_id: int,
    *,
    is_archived: bool = True,
    is_locked: bool | None = None,
) -> None:
    """Archive or unarchive a thread; only staff can lock it. Raises Refusal."""
    channel = discord.channel_for(person, thread_id)
    may = bool(discord.rights_of(person, channel) & Right.MANAGE_THREADS)
    is_own = channel.thread is not None and channel.thread.owner is person
    if not may and (is_locked is not None or not is_own):
        raise Refusal(403, 50013)
    await set_archived(discord, channel, is_archived=is_archived, is_locked=is_locked)
