"""The fields of each action that a page can request; the actions are listed in `actions.py`."""

from __future__ import annotations

from typing import Any

import msgspec

from bot.demo.client.protocol import ClientId, Id


class InChannel(msgspec.Struct):
    """Fields of a request about a channel."""

    channel_id: Id


class OnMessage(InChannel):
    """Fields of a request about a message."""

    message_id: Id


class SendMessage(InChannel):
    """Fields of a new message."""

    content: str
    files: list[ClientId] = []
    reply_to: Id | None = None
    ping: bool = True


class EditMessage(OnMessage):
    """Fields of an edited message."""

    content: str


class React(OnMessage):
    """Fields of a reaction, added or removed."""

    emoji: str


class Vote(OnMessage):
    """Fields of a vote; no answers remove it."""

    answers: list[int]


class UseCommand(InChannel):
    """Fields of a slash command; the value of an attachment is the id of its upload."""

    command_id: Id
    options: list[dict[str, Any]] = []


class UseMenu(InChannel):
    """Fields of a context menu command on a message or a person."""

    command_id: Id
    target_id: Id


class Press(OnMessage):
    """Fields of a button press."""

    custom_id: str


class Choose(Press):
    """Fields of a choice in a select."""

    values: list[str]


class OfModal(msgspec.Struct):
    """Fields of a request about the modal that an interaction opened."""

    interaction_id: Id


class SubmitModal(OfModal):
    """Fields of a submitted modal."""

    values: dict[str, str | list[str]] = {}
    files: dict[str, list[ClientId]] = {}


class CreatePoll(InChannel):
    """Fields of a new poll; `hours` is its duration."""

    question: str
    answers: list[str]
    hours: int
    several: bool = False


class OnPerson(msgspec.Struct):
    """Fields of a request about a person."""

    user_id: Id


class CreateThread(InChannel):
    """Fields of a new thread, from a message or standalone."""

    name: str
    message_id: Id | None = None


class CreateChannel(msgspec.Struct):
    """Fields of a new channel."""

    name: str
    topic: str = ""


class Nothing(msgspec.Struct):
    """No fields."""
