"""Read-only requests of a page: older messages, commands, autocomplete choices."""

from __future__ import annotations

from typing import Any

from bot.demo.client.action import Action, ActionContext, Result
from bot.demo.client.action_fields import InChannel, UseCommand
from bot.demo.client.protocol import Id
from bot.demo.discord import reading
from bot.demo.discord.actions import commands

_MOST_MESSAGES = 100


class History(InChannel):
    """Fields of a request for messages before one, or for the latest."""

    before: Id | None = None
    limit: int = 50


async def history(doer: ActionContext, asked: History) -> Result:
    """Return older messages, oldest first."""
    before = None if asked.before is None else int(asked.before)
    limit = max(1, min(asked.limit, _MOST_MESSAGES))
    found = reading.history(
        doer.discord, doer.person, int(asked.channel_id), before=before, limit=limit
    )
    return {"messages": found}


async def commands_there(doer: ActionContext, asked: InChannel) -> Result:
    """Return the commands that a person may use in a channel."""
    found = reading.commands_for(doer.discord, doer.person, int(asked.channel_id))
    return {"commands": found}


async def complete(doer: ActionContext, asked: UseCommand) -> Result:
    """Return the bot's autocomplete choices for the option being typed."""
    options: list[dict[str, Any]] = asked.options
    found = await commands.complete(
        doer.discord, doer.person, int(asked.channel_id), int(asked.command_id), options
    )
    return {"choices": found}


QUESTIONS: dict[str, Action] = {
    "history": Action(History, history),
    "commands": Action(InChannel, commands_there),
    "complete": Action(UseCommand, complete),
}
