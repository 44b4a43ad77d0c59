"""Keep the Discord connection alive despite unreadable events and outages at login."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import discord

from bot.app.network_errors import NETWORK_ERRORS
from bot.retry import RetryPolicy

log = logging.getLogger(__name__)

RECONNECT_RETRY = RetryPolicy(initial_seconds=2.0, max_seconds=300.0)

_TOO_MANY_REQUESTS = 429
_ESSENTIAL_EVENTS = {"READY", "RESUMED"}
_FINAL = (discord.ConnectionClosed, discord.PrivilegedIntentsRequired, discord.LoginFailure)
"""Errors that reconnecting can't solve."""
_MAX_UNREACHED = 5
_STEADY_SECONDS = 600.0
"""A connection that lasted this long resets the backoff."""


def skip_unreadable_events(client: discord.Client) -> None:
    """Make a client log events that it can't parse, and continue with the next one.

    discord.py itself would end with the parser's error.
    """
    parsers = client._connection.parsers
    for event, parse in parsers.items():
        if event not in _ESSENTIAL_EVENTS:
            parsers[event] = functools.partial(_parse_or_skip, event, parse)


def _parse_or_skip(event: str, parse: Callable[[Any], None], data: Any) -> None:  # noqa: ANN401
    try:
        parse(data)
    except Exception:
        log.exception("discord.unreadable_event event=%s", event)


async def stay_connected(client: discord.Client, retry: RetryPolicy = RECONNECT_RETRY) -> None:
    """Connect, and reconnect after an unreadable frame, until the client is closed.

    Raises what discord.py raises if reconnecting can't help.
    """
    failures = 0
    while not client.is_closed():
        begun = time.monotonic()
        try:
            await client.connect()
        except _FINAL:
            raise
        except Exception:
            failures = 1 if time.monotonic() - begun > _STEADY_SECONDS else failures + 1
            seconds = retry.backoff_seconds(failures)
            log.exception("discord.connection_failed again in %.0f s", seconds)
            if client.ws is not None:
                await client.ws.close(4000)
            await asyncio.sleep(seconds)


async def retry_login(
    run: Callable[[], Awaitable[None]], stop: asyncio.Event, retry: RetryPolicy
) -> None:
    """Run a bot; run it again with backoff while an outage interrupts its login.

    `run` raises LoginInterrupted for an outage. Returns when it does, or when `stop` is set. Raises
    the cause after several failures to reach Discord at all.
    """
    failures = unreached = 0
    while not stop.is_set():
        try:
            await run()
        except LoginInterrupted as trouble:
            failures += 1
            unreached = 0 if trouble.is_of_discord else unreached + 1
            if unreached >= _MAX_UNREACHED:
                raise trouble.cause from None
            seconds = retry.backoff_seconds(failures)
            log.warning("discord.trouble %s The bot tries again in %.0f s.", trouble, seconds)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), seconds)
        else:
            return


class LoginInterrupted(Exception):
    """Discord failed, or could not be reached, before the bot was logged in."""

    def __init__(self, cause: Exception) -> None:
        self.cause = cause
        self.is_of_discord = isinstance(cause, discord.HTTPException | discord.RateLimited)
        status = getattr(cause, "status", _TOO_MANY_REQUESTS)
        super().__init__(
            f"Discord has trouble (status {status})."
            if self.is_of_discord
            else f"Discord can't be reached ({type(cause).__name__})."
        )


async def log_in(client: discord.Client, token: str, stop: asyncio.Event) -> bool:
    """Log in and set the client up; return False if `stop` is set before that is done.

    Raises LoginInterrupted, and discord.py's other errors.
    """
    login = asyncio.create_task(client.login(token), name="login")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait({login, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if login.done():
            login.result()
        return login.done()
    except discord.HTTPException as error:
        if error.status < 500 and error.status != _TOO_MANY_REQUESTS:
            raise
        raise LoginInterrupted(error) from error
    except (discord.RateLimited, *NETWORK_ERRORS) as error:
        raise LoginInterrupted(error) from error
    finally:
        login.cancel()
        stopping.cancel()
        await asyncio.gather(login, stopping, return_exceptions=True)
