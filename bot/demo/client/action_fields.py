"""The fields of what a page asks for, by action; what they mean is in `actions.py`."""

from __future__ import annotations

from typing import Any

import msgspec

from bot.demo.client.protocol import ClientId, Id


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


class CreatePoll(InChannel):
    """A new poll, open for so many hours."""

    question: str
    answers: list[str]
    hours: int
    several: bool = False


class OnPerson(msgspec.Struct):
    """Something about somebody."""

    user_id: Id


class CreateThread(InChannel):
    """A thread, from a message or from nothing."""

    name: str
    message_id: Id | None = None


class CreateChannel(msgspec.Struct):
    """A new channel of the server."""

    name: str
    topic: str = ""


class Nothing(msgspec.Struct):
    """No fields."""
