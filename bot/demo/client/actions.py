"""What a page can do for its person, by name: the fields of each, and what does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from bot.demo.client.protocol import ClientId, Id
from bot.demo.client.uploads import Uploads
from bot.demo.discord.actions import commands, components, managing, places, talk
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


class InChannel(msgspec.Struct):
    """Something about a channel."""

    channel_id: Id


class OnMessage(InChannel):
    """Something about a message."""

    message_id: Id


class SendMessage(InChannel):
    """A new message."""

    content: str
    files: list[ClientId] = []
    reply_to: Id | None = None
    ping: bool = True


class EditMessage(OnMessage):
    """Another text for a message."""

    content: str


class React(OnMessage):
    """An emoji, put there or taken away."""

    emoji: str


class Vote(OnMessage):
    """Answers of a poll; none takes the vote back."""

    answers: list[int]


class CreatePoll(InChannel):
    """A new poll."""

    question: str
    answers: list[str]
    hours: int
    several: bool = False


class UseCommand(InChannel):
    """A slash command; the value of an attachment is the id of its upload."""

    command_id: Id
    options: list[dict[str, Any]] = []


class UseMenu(InChannel):
    """A command of the menu on a message or a person."""

    command_id: Id
    target_id: Id


class Press(OnMessage):
    """A button."""

    custom_id: str


class Choose(Press):
    """A choice from a select."""

    values: list[str]


class OfModal(msgspec.Struct):
    """Something about the form that an interaction opened."""

    interaction_id: Id


class SubmitModal(OfModal):
    """A form, filled in."""

    values: dict[str, str | list[str]] = {}
    files: dict[str, list[ClientId]] = {}


class OpenDm(msgspec.Struct):
    """Direct messages with somebody."""

    user_id: Id


class CreateThread(InChannel):
    """A thread, from a message or from nothing."""

    name: str
    message_id: Id | None = None


class Nothing(msgspec.Struct):
    """No fields."""


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


async def create_poll(doer: Doer, asked: CreatePoll) -> Result:
    """Post a poll."""
    message = await talk.create_poll(
        doer.discord,
        doer.person,
        int(asked.channel_id),
        asked.question,
        asked.answers,
        hours=asked.hours,
        several=asked.several,
        nonce=doer.nonce,
    )
    return {"message_id": str(message.id)}


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


async def open_dm(doer: Doer, asked: OpenDm) -> Result:
    """Open the direct messages with somebody."""
    channel = await places.open_dm(doer.discord, doer.person, int(asked.user_id))
    return {"channel_id": str(channel.id)}


async def create_thread(doer: Doer, asked: CreateThread) -> Result:
    """Begin a thread."""
    message_id = None if asked.message_id is None else int(asked.message_id)
    channel = await places.create_thread(
        doer.discord, doer.person, int(asked.channel_id), asked.name, message_id
    )
    return {"channel_id": str(channel.id)}


async def rejoin(doer: Doer, asked: Nothing) -> Result:
    """Come back to the server."""
    await managing.rejoin(doer.discord, doer.person)
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
    "create_poll": Action(CreatePoll, create_poll),
    "use_command": Action(UseCommand, use_command),
    "use_menu": Action(UseMenu, use_menu),
    "press": Action(Press, press),
    "choose": Action(Choose, choose),
    "submit_modal": Action(SubmitModal, submit_modal),
    "close_modal": Action(OfModal, close_modal),
    "open_dm": Action(OpenDm, open_dm),
    "create_thread": Action(CreateThread, create_thread),
    "rejoin": Action(Nothing, rejoin),
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
