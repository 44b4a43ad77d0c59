"""Reopen threads that Discord has archived after a time without messages."""

from __future__ import annotations

import discord

from bot.app.client import ZhiyinBot
from bot.domain.jams import Jam
from cogs.posting.outages import is_outage


async def unarchive(bot: ZhiyinBot, jam: Jam) -> bool:
    """Unarchive the thread of a jam; return False if the bot may not, as in a locked one."""
    assert jam.thread_id is not None
    try:
        await bot.http.edit_channel(jam.thread_id, archived=False)
    except discord.HTTPException as error:
        if is_outage(error):
            raise
        return False
    return True
