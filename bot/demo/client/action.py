"""Actions requested by a page: their fields, context and results."""

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
    """Who performs the action, where, and with which uploads."""

    discord: Discord
    person: Person
    uploads: Uploads
    nonce: str | None = None
    """The page's own id of the action."""


@dataclass(frozen=True)
class Action:
    """An action: the type of its fields, and its function."""

    fields: type[msgspec.Struct]
    run: Callable[[ActionContext, Any], Awaitable[Result]]

    async def do(self, doer: ActionContext, data: dict[str, Any]) -> Result:
        """Perform it. Raises Refusal, RequestError, or msgspec.ValidationError for bad fields."""
        return await self.run(doer, msgspec.convert(data, self.fields))


def place(asked: OnMessage) -> tuple[int, int]:
    """Return the channel id and message id that a request names."""
    return int(asked.channel_id), int(asked.message_id)
