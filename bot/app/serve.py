"""Run the bot on Discord from login to its last delivered clip."""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import AsyncExitStack, suppress

from bot.app import metrics
from bot.app.crash_backoff import crash_backoff
from bot.app.discord_proxy import find_proxy
from bot.app.free_memory import freeze_startup_objects, trimming_memory
from bot.app.health import watch_health
from bot.app.login import explain_failures
from bot.app.signals import stopping
from bot.app.wiring import open_pipeline
from bot.config import Config, data_folder
from bot.models.locate import vocabulary_of
from bot.musicgen.checkpoint.inspection import Contents
from bot.retry import RetryPolicy

log = logging.getLogger(__name__)

TROUBLE_RETRY = RetryPolicy(initial_seconds=2.0, max_seconds=300.0)
"""The backoff of logins during outages."""


async def serve(
    config: Config,
    token: str,
    contents: Contents,
    licence: str,
    *,
    trouble_retry: RetryPolicy = TROUBLE_RETRY,
) -> None:
    """Serve Discord until the process is told to stop. Raises ConfigError and ResourceError."""
    from bot.app.client import ZhiyinBot, run_bot
    from bot.app.connection import retry_login

    proxy = find_proxy(config.discord.proxy, os.environ)
    if proxy is not None:
        log.info("discord.proxy Discord is reached through %s", proxy.address)
    async with AsyncExitStack() as stack:
        stop = stack.enter_context(stopping())
        pause = stack.enter_context(crash_backoff(data_folder(config)))
        if pause:
            log.warning("bot.crashed_before The bot has crashed; it starts in %.0f s.", pause)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
        if stop.is_set():
            return
        await stack.enter_async_context(trimming_memory())
        pipeline = await stack.enter_async_context(open_pipeline(config, contents))
        health = await stack.enter_async_context(watch_health())
        await stack.enter_async_context(
            metrics.serve_metrics(pipeline, health, config.metrics.port)
        )

        async def run() -> None:
            # discord.py can't log in twice with the same client.
            bot = ZhiyinBot(
                config,
                pipeline,
                health,
                sampling=contents.sampling,
                vocabulary=vocabulary_of(contents),
                licence=licence,
                proxy=proxy,
            )
            freeze_startup_objects()
            await run_bot(bot, token, stop)

        with explain_failures(proxy):
            await retry_login(run, stop, trouble_retry)
