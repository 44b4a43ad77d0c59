"""Actions with the bot: commands, context menus, buttons, selects and modals."""

from __future__ import annotations

from typing import Any

from bot.demo.client.action import ActionContext, Result, place
from bot.demo.client.action_fields import Choose, OfModal, Press, SubmitModal, UseCommand, UseMenu
from bot.demo.discord.actions import commands, components


async def use_command(doer: ActionContext, asked: UseCommand) -> Result:
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


async def use_menu(doer: ActionContext, asked: UseMenu) -> Result:
    """Run a context menu command."""
    interaction = await commands.use_menu(
        doer.discord,
        doer.person,
        int(asked.channel_id),
        int(asked.command_id),
        int(asked.target_id),
        nonce=doer.nonce,
    )
    return {"interaction_id": str(interaction.id)}


async def press(doer: ActionContext, asked: Press) -> Result:
    """Press a button."""
    interaction = await components.press(
        doer.discord, doer.person, *place(asked), asked.custom_id, nonce=doer.nonce
    )
    return {"interaction_id": str(interaction.id)}


async def choose(doer: ActionContext, asked: Choose) -> Result:
    """Choose from a select."""
    interaction = await components.choose(
        doer.discord, doer.person, *place(asked), asked.custom_id, asked.values, nonce=doer.nonce
    )
    return {"interaction_id": str(interaction.id)}


async def submit_modal(doer: ActionContext, asked: SubmitModal) -> Result:
    """Submit a modal."""
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


async def close_modal(doer: ActionContext, asked: OfModal) -> Result:
    """Close a modal without submitting it."""
    components.dismiss_modal(doer.discord, doer.person, int(asked.interaction_id))
    return {}


_ATTACHMENT = 11


def _attachments(options: list[dict[str, Any]]) -> list[str]:
    """Return the uploads that a command's options refer to."""
    found = []
    for each in options:
        if each.get("type") == _ATTACHMENT:
            found.append(str(each.get("value")))
        inner = each.get("options")
        found += _attachments(inner) if isinstance(inner, list) else []
    return found
