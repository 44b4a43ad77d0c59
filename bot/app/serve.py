"""Run the bot on Discord from login to its last delivered clip."""

from __future__ import annotations

from contextlib import AsyncExitStack

from bot.app import metrics
from bot.app.health import watch_health
from bot.app.signals import stopping
from bot.app.wiring import open_pipeline
from bot.config import Config
from bot.errors import ConfigError, ResourceError
from bot.i18n.sentence import Sentence
from bot.musicgen.checkpoint.inspection import Contents
from bot.retry import RetryPolicy

_UNKNOWN_TOKEN_CODE = 4004

TROUBLE_RETRY = RetryPolicy(initial_seconds=2.0, max_seconds=300.0)
"""How a login is tried again while Discord has trouble."""

LOGIN_REFUSED = Sentence(
    "Discord does not know this token: it may have been reset. Copy it again from the page "
    "Bot of your application."
)


NO_INTENT = Sentence(
    "Discord does not grant this bot the intents that it asks for. Switch them on under "
    "Privileged Gateway Intents on the page Bot of your application, or see why your copy "
    "asks for them."
)


async def serve(
    config: Config,
    token: str,
    contents: Contents,
    licence: str,
    *,
    trouble_retry: RetryPolicy = TROUBLE_RETRY,
) -> None:
    """Serve Discord until the process is told to stop. Raises ConfigError and ResourceError."""
    import aiohttp
    import discord

    from bot.app.client import ZhiyinBot, run_bot
    from bot.app.connection import wait_out_trouble

    async with AsyncExitStack() as stack:
        stop = stack.enter_context(stopping())
        pipeline = await stack.enter_async_context(open_pipeline(config, contents))
        health = await stack.enter_async_context(watch_health())
        await stack.enter_async_context(
            metrics.serve_metrics(pipeline, health, config.metrics.port)
        )

        async def run() -> None:
            # discord.py can't log in twice with the same client.
            bot = ZhiyinBot(config, pipeline, health, sampling=contents.sampling, licence=licence)
            await run_bot(bot, token, stop)

        try:
            await wait_out_trouble(run, stop, trouble_retry)
        except (aiohttp.ClientError, OSError) as error:
            raise ResourceError(
                Sentence("Discord can't be reached from this machine: see whether it is online.")
            ) from error
        except discord.LoginFailure:
            raise ConfigError(LOGIN_REFUSED) from None
        except discord.PrivilegedIntentsRequired:
            raise ConfigError(NO_INTENT) from None
        except discord.ConnectionClosed as error:
            if error.code == _UNKNOWN_TOKEN_CODE:
                raise ConfigError(LOGIN_REFUSED) from None
            raise ResourceError(
                Sentence(
                    "Discord has closed the connection for good (code {code}).", code=error.code
                )
            ) from error
