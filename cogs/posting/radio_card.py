"""Edit the message that shows what a radio plays, or post a new one."""

from __future__ import annotations

import logging

import discord

from bot.app.client import ZhiyinBot
from bot.app.network_errors import NETWORK_ERRORS
from bot.domain.radio import RadioPlan

log = logging.getLogger(__name__)

_FAILURES = (discord.HTTPException, *NETWORK_ERRORS)


async def edit_or_post(
    bot: ZhiyinBot, plan: RadioPlan, embed: discord.Embed, view: discord.ui.View | None
) -> int | None:
    """Edit the radio's message, or post one if it is deleted; return the id of a new one.

    Failures are logged.
    """
    place = bot.get_partial_messageable(plan.text_channel_id)
    try:
        if plan.message_id is not None:
            message = place.get_partial_message(plan.message_id)
            await message.edit(content=None, embed=embed, view=view)
            return None
    except discord.NotFound:
        pass
    except _FAILURES as error:
        log.info("radio.not_shown %s", error)
        return None
    try:
        if view is None:
            return (await place.send(embed=embed)).id
        return (await place.send(embed=embed, view=view)).id
    except _FAILURES as error:
        log.info("radio.not_shown %s", error)
        return None
