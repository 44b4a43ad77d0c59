"""Interactions: actions of a person that the bot has to answer, and their state."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from bot.demo.discord.channels import Channel
from bot.demo.discord.messages import Message
from bot.demo.discord.people import Person


class InteractionType(IntEnum):
    """Kinds of interactions, with Discord's numbers."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


@dataclass(eq=False)
class Interaction:
    """An action of a person that the bot has to answer."""

    id: int
    user: Person
    channel: Channel
    data: dict[str, Any]
    type: InteractionType = InteractionType.COMMAND
    token: str = field(default_factory=lambda: secrets.token_urlsafe(64))
    nonce: str | None = None
    """The nonce chosen by the person's client."""
    sent_at: float = 0.0
    """On the clock of `time.perf_counter`, like the next field."""
    answered_at: float | None = None
    expires_at: float = 0.0
    """In seconds since 1970."""
    message: Message | None = None
    """The initial response."""
    source: Message | None = None
    """The message whose component was used."""
    parent: Interaction | None = None
    """For a submitted modal, the interaction that it was shown for."""
    modal: dict[str, Any] | None = None
    """The modal shown as response."""
    focused_kind: int = 3
    """The type of the option being autocompleted."""
    choices: list[dict[str, Any]] | None = None
    """The autocomplete choices given as response."""
    followups: list[Message] = field(default_factory=list)
    tries: int = 0
    """How often the bot has tried to respond."""
    has_failed: bool = False
    """Whether it was not answered in time."""
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    deadline: asyncio.TimerHandle | None = None

    @property
    def seconds(self) -> float:
        """How long the acknowledgement took, in seconds."""
        assert self.answered_at is not None, "it was never acknowledged"
        return self.answered_at - self.sent_at

    @property
    def custom_id(self) -> str | None:
        """The custom id of the component or modal."""
        found = self.data.get("custom_id")
        return None if found is None else str(found)

    @property
    def is_deferred(self) -> bool:
        """Whether the response so far is only "thinking"."""
        return self.message is not None and self.message.is_loading

    def as_event(self) -> dict[str, Any]:
        """Return the fields of its events for the person's client."""
        return {
            "interaction_id": str(self.id),
            "nonce": self.nonce,
            "channel_id": str(self.channel.id),
            "message_id": str(self.source.id) if self.source else None,
            "custom_id": self.custom_id,
        }

    def as_message_metadata(self) -> dict[str, Any]:
        """Return the interaction metadata of messages that answer it."""
        about: dict[str, Any] = {
            "id": str(self.id),
            "type": int(self.type),
            "user": self.user.as_json(),
            "authorizing_integration_owners": {},
        }
        command = self
        while command.parent is not None:
            command = command.parent
        if command.type is InteractionType.COMMAND:
            about["name"] = command.full_name
        if self.type is InteractionType.COMPONENT and self.source is not None:
            about["interacted_message_id"] = str(self.source.id)
        metadata: dict[str, Any] = {"interaction_metadata": about}
        if "name" in about:
            # The older `interaction` field, which clients still read.
            metadata["interaction"] = {
                "id": str(self.id),
                "type": int(self.type),
                "name": about["name"],
                "user": self.user.as_json(),
            }
        return metadata

    @property
    def full_name(self) -> str:
        """The name of a command, followed by those of its subcommands."""
        names, options = [str(self.data["name"])], self.data.get("options") or []
        while options and options[0]["type"] in (1, 2):
            names.append(options[0]["name"])
            options = options[0].get("options") or []
        return " ".join(names)
