"""An action of a page: who does it, what it is told, and what comes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.demo.client.action_fields import OnMessage
from bot.demo.client.uploads import Uploads
from bot.demo.discord.people import Person
from bot.demo.discord.state import Discord

Result = dict[str, Any]


@dataclass(frozen=True)
class ActionContext:
    """Who does it, where, and with which files."""

    discord: Discord
    person: Person
    uploads: Uploads
    nonce: str | None = None
    """The page's own id of the action."""


@dataclass(frozen=True)
class Action:
    """An action: what it is told, and what does it."""

    fields: type[msgspec.Struct]
    run: Callable[[ActionContext, Any], Awaitable[Result]]

    async def do(self, doer: ActionContext, data: dict[str, Any]) -> Result:
        """Do it. Raises Refusal, RequestError, or msgspec.ValidationError for wrong fields."""
        return await self.run(doer, msgspec.convert(data, self.fields))


def place(asked: OnMessage) -> tuple[int, int]:
    """Return the channel and the message that something is about."""
    return int(asked.channel_id), int(asked.message_id)
