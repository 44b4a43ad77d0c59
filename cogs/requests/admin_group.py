"""The group /admin, to which several extensions add their commands."""

from __future__ import annotations

import inspect
from typing import Any

from discord import app_commands

from bot.app.client import ZhiyinBot
from cogs.requests.rights import is_manager


def admin_group(bot: ZhiyinBot) -> app_commands.Group:
    """Return the command group, which the extension of that name has added before."""
    group = bot.tree.get_command("admin")
    assert isinstance(group, app_commands.Group), "the extension of /admin is loaded first"
    return group


def command_of(method: Any) -> app_commands.Command[Any, ..., None]:  # noqa: ANN401
    """Return a method as a command for managers, whomever the server's settings show it.

    Its description is the first line of the docstring.
    """
    says, *_ = (inspect.getdoc(method) or "").splitlines()
    command = app_commands.Command[Any, ..., None](
        name=method.__name__, description=says, callback=method
    )
    command.add_check(is_manager)
    return command
