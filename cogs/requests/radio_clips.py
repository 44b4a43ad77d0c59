"""The clips that a radio may play in a server."""

from __future__ import annotations

import discord

from bot.app.client import ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.radio import RadioPlan
from cogs.requests.places import is_for_everybody, sight_of_everybody


async def clips_of(bot: ZhiyinBot, plan: RadioPlan, guild: discord.Guild) -> list[Clip]:
    """Return what a radio may choose from: what everybody in the server may see."""
    found = await bot.service.radio.clips(plan, sight_of_everybody(guild))
    return [clip for clip in found if is_for_everybody(guild, clip)]
