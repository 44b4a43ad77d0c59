"""The end of polls, by expiry or by their author, and the message with the result."""

from __future__ import annotations

from bot.demo.discord.messages import Message, MessageType
from bot.demo.discord.people import Person
from bot.demo.discord.posting import post, send_message_event
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.state import Discord


async def end_poll(discord: Discord, message: Message, by: Person) -> None:
    """End a poll of one's own early. Raises Refusal."""
    if message.poll is None:
        raise Refusal(400, 520006)
    if message.author is not by:
        raise Refusal(403, 50005)
    if message.poll.is_final:
        raise Refusal(400, 520001)
    await _close(discord, message)


async def end_due_polls(discord: Discord) -> None:
    """End all polls that have expired."""
    now = discord.clock()
    due = [
        message
        for channel in discord.channels.values()
        if not channel.is_deleted
        for message in channel.messages.values()
        if message.poll is not None and not message.poll.is_final and message.poll.ends_at <= now
    ]
    for message in due:
        await _close(discord, message)


async def _close(discord: Discord, message: Message) -> None:
    poll = message.poll
    assert poll is not None
    poll.ends_at, poll.is_final = min(poll.ends_at, discord.clock()), True
    await send_message_event(discord, "update", message, reason="poll")
    result = Message(
        discord.ids.next(),
        message.author,
        message.channel,
        MessageType.POLL_RESULT,
        reference=message,
    )
    embed = {"type": "poll_result", "fields": poll.result_fields()}
    await post(discord, result, {"embeds": [embed]}, [])
