"""Report errors to the person who caused them."""

from __future__ import annotations

import logging
from functools import partial

import discord
from discord import app_commands

from bot.app.client import Interaction
from bot.app.network_errors import NETWORK_ERRORS
from bot.errors import ZhiyinError
from bot.i18n.sentence import Sentence
from cogs.presentation import messages
from cogs.presentation.renderers import own_renderer

log = logging.getLogger(__name__)

EXPIRED = {(401, 50027), (404, 10015), (404, 10062), (404, 10008)}
"""Pairs of status and code of an expired interaction."""


def is_expired(error: discord.HTTPException) -> bool:
    """Return whether an error says that the interaction has expired."""
    return (error.status, error.code) in EXPIRED


def sentence_for(error: BaseException) -> Sentence | None:
    """Return the sentence for an error; None for a defect, which is logged."""
    if isinstance(error, ZhiyinError):
        return error.sentence
    if isinstance(error, app_commands.NoPrivateMessage):
        return Sentence("This works in servers only.")
    if isinstance(error, app_commands.CommandOnCooldown):
        return Sentence(
            "Not so fast: try again in {duration}.", duration=messages.duration(error.retry_after)
        )
    if isinstance(error, app_commands.CheckFailure):
        return Sentence("You may not do that here.")
    return None


async def report_error(interaction: Interaction, error: BaseException) -> None:
    """Report an error to the person who acted, before or after the first response."""
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    if isinstance(cause, discord.HTTPException) and is_expired(cause):
        log.warning("interaction.expired id=%d", interaction.id)
        return
    sentence = sentence_for(cause)
    if sentence is None:
        log.error("interaction.failed id=%d", interaction.id, exc_info=cause)
        sentence = messages.UNEXPECTED
    await send_privately(interaction, sentence)


async def send_privately(interaction: Interaction, sentence: Sentence) -> None:
    """Send an ephemeral message, before or after the first response.

    After the first response broken connections are retried; discord.py itself retries server
    errors.
    """
    text = own_renderer(interaction)(sentence)
    try:
        if interaction.response.is_done():
            send = partial(interaction.followup.send, text, ephemeral=True)
            retry = interaction.client.service.delivery_retry
            await retry.call(send, retry_on=lambda error: isinstance(error, NETWORK_ERRORS))
        else:
            await interaction.response.send_message(text, ephemeral=True)
    except (discord.HTTPException, *NETWORK_ERRORS) as error:
        # There is no other route to the person.
        log.warning("interaction.unanswered id=%d %r", interaction.id, error)
