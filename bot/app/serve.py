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

_UNKNOWN_TOKEN_CODE = 4004


LOGIN_REFUSED = Sentence(
    "Discord does not know this token: it may have been reset. Copy it again from the page "
    "Bot of your application."
)


NO_INTENT = Sentence(
    "Discord does not grant this bot the intents that it asks for. Switch them on under "
    "Privileged Gateway Intents on the page Bot of your application, or see why your copy "
    "asks for them."
)


async def serve(config: Config, token: str, contents: Contents, licence: str) -> None:
    """Serve Discord until the process is told to stop. Raises ConfigError and ResourceError."""
    import aiohttp
    import discord

    from bot.app.client import ZhiyinBot, run_bot

    async with AsyncExitStack() as stack:
        stop = stack.enter_context(stopping())
        pipeline = await stack.enter_async_context(open_pipeline(config, contents))
        health = await stack.enter_async_context(watch_health())
        await stack.enter_async_context(
            metrics.serve_metrics(pipeline, health, config.metrics.port)
        )
        bot = ZhiyinBot(config, pipeline, health, sampling=contents.sampling, licence=licence)
        try:
            await run_bot(bot, token, stop)
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
