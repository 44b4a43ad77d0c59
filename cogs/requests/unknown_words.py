"""Tell a person, once and privately, which of their words the model does not know."""

from __future__ import annotations

import logging

import discord

from bot.app.client import ZhiyinBot
from bot.app.network_errors import NETWORK_ERRORS
from bot.domain.jobs import Kind
from cogs.presentation.renderers import own_renderer
from cogs.presentation.word_messages import unknown
from cogs.requests.draft import RequestDraft

log = logging.getLogger(__name__)

_TYPED = {Kind.MUSIC, Kind.REMIX, Kind.CONTINUE}
"""Kinds of clips whose prompt the person has just typed."""


async def show_unknown_words(
    interaction: discord.Interaction[ZhiyinBot], draft: RequestDraft
) -> None:
    """Show which words the model ignores, if the person was not told before."""
    bot = interaction.client
    if draft.kind not in _TYPED or not draft.prompt:
        return
    found = bot.service.words.new_unknown(interaction.user.id, draft.prompt)
    if found is None:
        return
    answer = own_renderer(interaction)(unknown(bot.config.model.name, found))
    try:
        await interaction.followup.send(answer, ephemeral=True)
    except (
        discord.HTTPException,
        *NETWORK_ERRORS,
    ) as error:  # not essential: the clip is made anyway
        log.info("words.not_shown %r", error)
