"""The group /admin, to which several extensions add their commands."""

from __future__ import annotations

import inspect
from typing import Any

from discord import app_commands

from bot.app.client import ZhiyinBot


def admin_group(bot: ZhiyinBot) -> app_commands.Group:
    """Return the command group, which the extension of that name has added before."""
    group = bot.tree.get_command("admin")
    assert isinstance(group, app_commands.Group), "the extension of /admin is loaded first"
    return group


def command_of(method: Any) -> app_commands.Command[Any, ..., None]:  # noqa: ANN401
    """Return a method as a command, with the first line of its docstring as description."""
    says, *_ = (inspect.getdoc(method) or "").splitlines()
    return app_commands.Command(name=method.__name__, description=says, callback=method)
