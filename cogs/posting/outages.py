"""Tell outages of Discord, which are worth a retry, from definite answers."""

from __future__ import annotations

import logging

import discord

from bot.app.network_errors import NETWORK_ERRORS

log = logging.getLogger(__name__)

# Error codes of a server's AutoMod.
_FILTERED = {200000, 200001, 240000}


def is_outage(error: Exception) -> bool:
    """Return whether an error is an outage of Discord or of the network.

    The failed request may have been carried out nevertheless.
    """
    if isinstance(error, discord.HTTPException):
        # 429: a rate limit that lasts longer than discord.py itself waits for.
        return error.status >= 500 or error.status == 429
    if isinstance(error, NETWORK_ERRORS):
        log.info("discord.unreachable %s", type(error).__name__)
        return True
    return False


def is_refusal(error: Exception) -> bool:
    """Return whether Discord has definitely not carried out the failed request."""
    return isinstance(error, discord.HTTPException) and not is_outage(error)


def is_filtered(error: discord.HTTPException) -> bool:
    """Return whether a server's AutoMod blocked a message, nearly always for the prompt in it."""
    return error.code in _FILTERED
