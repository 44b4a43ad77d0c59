"""Threads that Discord has put away because nobody said anything for long."""

from __future__ import annotations

import discord

from bot.app.client import ZhiyinBot
from bot.domain.jams import Jam


async def take_out_of_archive(bot: ZhiyinBot, jam: Jam) -> bool:
    """Open the thread of a jam again; False where the bot may not, as in one that is locked."""
    assert jam.thread_id is not None
    try:
        await bot.http.edit_channel(jam.thread_id, archived=False)
    except discord.HTTPException as error:
        if error.status >= 500:
            raise
        return False
    return True
