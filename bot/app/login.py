"""Log in to Discord, and explain failures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bot.app.discord_proxy import Proxy
from bot.errors import ConfigError, ResourceError
from bot.i18n.sentence import Sentence

_UNKNOWN_TOKEN_CODE = 4004
_PROXY_WANTS_PASSWORD = 407
_PATIENCE_SECONDS = 20.0

LOGIN_REFUSED = Sentence(
    "Discord does not know this token: it may have been reset. Copy it again from the page "
    "Bot of your application."
)


NO_INTENT = Sentence(
    "Discord does not grant this bot the intents that it asks for. Switch them on under "
    "Privileged Gateway Intents on the page Bot of your application, or see why your copy "
    "asks for them."
)


NOT_THROUGH_PROXY = Sentence(
    "Discord can't be reached through the proxy {proxy}: see whether it runs, lets you in and "
    "allows discord.com, and what discord.proxy or HTTPS_PROXY say."
)


@contextmanager
def explain_failures(proxy: Proxy | None = None) -> Iterator[None]:
    """Turn login failures into ConfigError and ResourceError; errors of this machine pass."""
    import discord

    from bot.app.network_errors import NETWORK_ERRORS

    try:
        yield
    except discord.LoginFailure:
        raise ConfigError(LOGIN_REFUSED) from None
    except discord.PrivilegedIntentsRequired:
        raise ConfigError(NO_INTENT) from None
    except discord.ConnectionClosed as error:
        if error.code == _UNKNOWN_TOKEN_CODE:
            raise ConfigError(LOGIN_REFUSED) from None
        raise ResourceError(
            Sentence("Discord has closed the connection for good (code {code}).", code=error.code)
        ) from error
    except discord.HTTPException as error:
        if proxy is not None and error.status == _PROXY_WANTS_PASSWORD:
            raise ResourceError(NOT_THROUGH_PROXY.fill(proxy=proxy.address)) from error
        if error.status < 500 and error.code:
            raise  # a malformed request: a defect
        raise ResourceError(_trouble(error.status)) from error
    except NETWORK_ERRORS as error:
        if proxy is not None:
            raise ResourceError(NOT_THROUGH_PROXY.fill(proxy=proxy.address)) from error
        raise ResourceError(
            Sentence("Discord can't be reached from this machine: see whether it is online.")
        ) from error


async def fetch_bot_name(token: str, proxy: Proxy | None = None) -> str:
    """Log in with a token, log out, and return the bot's name.

    Raises ConfigError for a refused token, ResourceError if Discord can't be reached.
    """
    import discord
    from discord.http import HTTPClient

    client = HTTPClient(asyncio.get_running_loop(), proxy=proxy.url if proxy else None)
    try:
        # discord.py retries server errors five times.
        with explain_failures(proxy):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                user = await client.static_login(token)
    except discord.HTTPException as error:
        raise ResourceError(_trouble(error.status)) from error
    finally:
        await client.close()
    return str(user["username"])


def _trouble(status: int) -> Sentence:
    return Sentence(
        "Discord has trouble and takes no logins now (error {status}): try again later.",
        status=status,
    )
