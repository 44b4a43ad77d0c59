"""What the message of a radio says: the clip or the live music that is heard, or what is amiss."""

from __future__ import annotations

import discord

from bot.app.client import ZhiyinBot
from bot.domain.radio import RadioPlan
from bot.errors import ZhiyinError
from bot.i18n.languages import Renderer
from bot.voice.live_player import LivePlayer
from cogs.presentation import radio_messages
from cogs.requests.clip_cards import card_for


async def describe_radio(
    bot: ZhiyinBot,
    render: Renderer,
    plan: RadioPlan,
    *,
    where: str,
    live: LivePlayer | None,
    clip_id: int | None,
) -> tuple[discord.Embed, int | None]:
    """Return what a radio plays in a channel, and the clip that its buttons are about.

    That is 0 for live music, and None where there is nothing to press for.
    """
    trouble = radio_messages.CATCHING_UP
    if live is not None and isinstance(live.error, ZhiyinError):
        trouble = live.error.sentence
        if clip_id is None and not live.is_heard:
            return radio_messages.notice(render, trouble), 0
    if live is not None and (live.is_heard or clip_id is None):
        sentence = radio_messages.live(where, plan.words, is_heard=live.is_heard)
        return radio_messages.notice(render, sentence), 0
    clip = None if clip_id is None else await bot.service.clips.find(clip_id)
    if clip is not None:
        card = await card_for(bot, render, clip, plan.guild_id)
        shown = radio_messages.now_playing(render, card, clip, where)
        if live is not None:
            shown.description = f"{render(trouble)}\n{shown.description}"
        return shown, clip.id
    return radio_messages.notice(render, radio_messages.nothing_to_play(plan, where)), None
