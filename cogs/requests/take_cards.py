"""Build the card of takes that share a message, with their parents."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.app.client import ZhiyinBot
from bot.domain.takes import Take
from bot.i18n.languages import Renderer
from cogs.presentation.cards import WORDS_HELD_BACK
from cogs.presentation.prompts import quote_prompt
from cogs.presentation.take_messages import takes_card
from cogs.requests.clip_cards import clip_cards


async def build_take_cards(
    bot: ZhiyinBot, render: Renderer, takes: Sequence[Take], shown: Sequence[Take]
) -> tuple[discord.Embed, discord.Embed]:
    """Return the card of takes, and one without prompts; `shown` are those with a player."""
    first = shown[0].clip
    assert first is not None
    with_words, without_words = await clip_cards(bot, render, first)
    return (
        takes_card(render, takes, shown, with_words, quote_prompt(first.prompt)),
        takes_card(render, takes, shown, without_words, WORDS_HELD_BACK),
    )
