"""Tell a person, once and to them alone, which of their words the model does not know."""

from __future__ import annotations

import logging

import discord

from bot.app.client import ZhiyinBot
from bot.domain.jobs import Kind
from cogs.presentation.readers import reader_of
from cogs.presentation.word_messages import unknown
from cogs.requests.draft import RequestDraft

log = logging.getLogger(__name__)

_TYPED = {Kind.MUSIC, Kind.REMIX, Kind.CONTINUE}
"""What is made from words that its person has typed just now."""


async def tell_unknown_words(
    interaction: discord.Interaction[ZhiyinBot], draft: RequestDraft
) -> None:
    """Say which words the model passes over, if there are any that were not told before."""
    bot = interaction.client
    if draft.kind not in _TYPED or not draft.prompt:
        return
    found = bot.service.words.new_unknown(interaction.user.id, draft.prompt)
    if found is None:
        return
    said = reader_of(interaction)(unknown(bot.config.model.name, found))
    try:
        await interaction.followup.send(said, ephemeral=True)
    except discord.HTTPException as error:  # the clip comes all the same
        log.info("words.not_told %r", error)
