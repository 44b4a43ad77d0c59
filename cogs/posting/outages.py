"""Discord in trouble: what is worth another try, and what is an answer."""

from __future__ import annotations

import logging

import aiohttp
import discord

log = logging.getLogger(__name__)

UNREACHABLE = (aiohttp.ClientError, OSError, TimeoutError)
"""What is raised where Discord can't be reached at all."""


def is_outage(error: Exception) -> bool:
    """Return whether Discord itself, or the network to it, is in trouble.

    What was asked for may have been done all the same.
    """
    if isinstance(error, discord.HTTPException):
        # 429: a rate limit that lasts longer than discord.py itself waits for.
        return error.status >= 500 or error.status == 429
    if isinstance(error, UNREACHABLE):
        log.info("discord.unreachable %s", type(error).__name__)
        return True
    return False
