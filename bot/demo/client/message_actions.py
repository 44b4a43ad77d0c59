"""Actions on messages: send, edit, delete, react, vote."""

from __future__ import annotations

from bot.demo.client.action import ActionContext, Result, place
from bot.demo.client.action_fields import (
    CreatePoll,
    EditMessage,
    InChannel,
    OnMessage,
    React,
    SendMessage,
    Vote,
)
from bot.demo.discord.actions import talk


async def send_message(doer: ActionContext, asked: SendMessage) -> Result:
    """Send a message."""
    message = await talk.send_message(
        doer.discord,
        doer.person,
        int(asked.channel_id),
        asked.content,
        files=doer.uploads.find(asked.files),
        reply_to=None if asked.reply_to is None else int(asked.reply_to),
        ping=asked.ping,
        nonce=doer.nonce,
    )
    doer.uploads.drop(asked.files)
    return {"message_id": str(message.id)}


async def edit_message(doer: ActionContext, asked: EditMessage) -> Result:
    """Edit a message."""
    await talk.edit_message(doer.discord, doer.person, *place(asked), asked.content)
    return {}


async def delete_message(doer: ActionContext, asked: OnMessage) -> Result:
    """Delete a message, or dismiss an ephemeral one."""
    await talk.delete_message(doer.discord, doer.person, *place(asked))
    return {}


async def react(doer: ActionContext, asked: React) -> Result:
    """Add a reaction."""
    await talk.react(doer.discord, doer.person, *place(asked), asked.emoji)
    return {}


async def unreact(doer: ActionContext, asked: React) -> Result:
    """Remove a reaction."""
    await talk.unreact(doer.discord, doer.person, *place(asked), asked.emoji)
    return {}


async def vote(doer: ActionContext, asked: Vote) -> Result:
    """Vote in a poll."""
    await talk.vote(doer.discord, doer.person, *place(asked), asked.answers)
    return {}


async def create_poll(doer: ActionContext, asked: CreatePoll) -> Result:
    """Post a poll."""
    poll = {
        "question": {"text": asked.question},
        "answers": [{"poll_media": {"text": each}} for each in asked.answers],
        "duration": asked.hours,
        "allow_multiselect": asked.several,
    }
    message = await talk.send_message(
        doer.discord, doer.person, int(asked.channel_id), poll=poll, nonce=doer.nonce
    )
    return {"message_id": str(message.id)}


async def start_typing(doer: ActionContext, asked: InChannel) -> Result:
    """Show others that a person is typing."""
    await talk.start_typing(doer.discord, doer.person, int(asked.channel_id))
    return {}
