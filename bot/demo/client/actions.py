"""What a page can do for its person, by name: the fields of each, and what does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from bot.demo.client.action_fields import (
    Choose,
    EditMessage,
    InChannel,
    OfModal,
    OnMessage,
    Press,
    React,
    SendMessage,
    SubmitModal,
    UseCommand,
    UseMenu,
    Vote,
)
from bot.demo.client.uploads import Uploads
from bot.demo.discord.actions import commands, components, talk
from bot.demo.discord.people import Person
from bot.demo.discord.state import Discord

Result = dict[str, Any]


@dataclass(frozen=True)
class Doer:
    """Who does it, where, and with which files."""

    discord: Discord
    person: Person
    uploads: Uploads
    nonce: str | None = None
    """The page's own id of the action."""


async def send_message(doer: Doer, asked: SendMessage) -> Result:
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


async def edit_message(doer: Doer, asked: EditMessage) -> Result:
    """Change what somebody wrote."""
    await talk.edit_message(doer.discord, doer.person, *_message(asked), asked.content)
    return {}


async def delete_message(doer: Doer, asked: OnMessage) -> Result:
    """Delete a message, or dismiss one that only this person sees."""
    await talk.delete_message(doer.discord, doer.person, *_message(asked))
    return {}


async def react(doer: Doer, asked: React) -> Result:
    """Put a reaction under a message."""
    await talk.react(doer.discord, doer.person, *_message(asked), asked.emoji)
    return {}


async def unreact(doer: Doer, asked: React) -> Result:
    """Take a reaction away."""
    await talk.unreact(doer.discord, doer.person, *_message(asked), asked.emoji)
    return {}


async def vote(doer: Doer, asked: Vote) -> Result:
    """Vote in a poll."""
    await talk.vote(doer.discord, doer.person, *_message(asked), asked.answers)
    return {}


async def use_command(doer: Doer, asked: UseCommand) -> Result:
    """Run a slash command."""
    named = list(_attachments(asked.options))
    files = dict(zip(named, doer.uploads.find(named), strict=True))
    interaction = await commands.use_command(
        doer.discord,
        doer.person,
        int(asked.channel_id),
        int(asked.command_id),
        asked.options,
        files=files,
        nonce=doer.nonce,
    )
    doer.uploads.drop(named)
    return {"interaction_id": str(interaction.id)}


async def use_menu(doer: Doer, asked: UseMenu) -> Result:
    """Run a command of a menu."""
    interaction = await commands.use_menu(
        doer.discord,
        doer.person,
        int(asked.channel_id),
        int(asked.command_id),
        int(asked.target_id),
        nonce=doer.nonce,
    )
    return {"interaction_id": str(interaction.id)}


async def press(doer: Doer, asked: Press) -> Result:
    """Press a button."""
    interaction = await components.press(
        doer.discord, doer.person, *_message(asked), asked.custom_id, nonce=doer.nonce
    )
    return {"interaction_id": str(interaction.id)}


async def choose(doer: Doer, asked: Choose) -> Result:
    """Choose from a select."""
    interaction = await components.choose(
        doer.discord, doer.person, *_message(asked), asked.custom_id, asked.values, nonce=doer.nonce
    )
    return {"interaction_id": str(interaction.id)}


async def submit_modal(doer: Doer, asked: SubmitModal) -> Result:
    """Send a form."""
    files = {name: doer.uploads.find(ids) for name, ids in asked.files.items()}
    interaction = await components.submit_modal(
        doer.discord,
        doer.person,
        int(asked.interaction_id),
        asked.values,
        files=files,
        nonce=doer.nonce,
    )
    for ids in asked.files.values():
        doer.uploads.drop(ids)
    return {"interaction_id": str(interaction.id)}


async def close_modal(doer: Doer, asked: OfModal) -> Result:
    """Close a form without sending it."""
    components.dismiss_modal(doer.discord, doer.person, int(asked.interaction_id))
    return {}


async def start_typing(doer: Doer, asked: InChannel) -> Result:
    """Let others see that somebody types."""
    await talk.start_typing(doer.discord, doer.person, int(asked.channel_id))
    return {}


T = TypeVar("T", bound=msgspec.Struct)


@dataclass(frozen=True)
class Action:
    """An action: what it is told, and what does it."""

    fields: type[msgspec.Struct]
    run: Callable[[Doer, Any], Awaitable[Result]]

    async def do(self, doer: Doer, data: dict[str, Any]) -> Result:
        """Do it. Raises Refusal, RequestError, or msgspec.ValidationError for wrong fields."""
        return await self.run(doer, msgspec.convert(data, self.fields))


ACTIONS = {
    "send_message": Action(SendMessage, send_message),
    "edit_message": Action(EditMessage, edit_message),
    "delete_message": Action(OnMessage, delete_message),
    "react": Action(React, react),
    "unreact": Action(React, unreact),
    "vote": Action(Vote, vote),
    "use_command": Action(UseCommand, use_command),
    "use_menu": Action(UseMenu, use_menu),
    "press": Action(Press, press),
    "choose": Action(Choose, choose),
    "submit_modal": Action(SubmitModal, submit_modal),
    "close_modal": Action(OfModal, close_modal),
}
HINTS = {"type": Action(InChannel, start_typing)}


def _message(asked: OnMessage) -> tuple[int, int]:
    return int(asked.channel_id), int(asked.message_id)


_ATTACHMENT = 11


def _attachments(options: list[dict[str, Any]]) -> list[str]:
    """Return the uploads that the options of a command name."""
    found = []
    for each in options:
        if each.get("type") == _ATTACHMENT:
            found.append(str(each.get("value")))
        inner = each.get("options")
        found += _attachments(inner) if isinstance(inner, list) else []
    return found
