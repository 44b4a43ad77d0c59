"""The command `zhiyin run`: the bot, from its settings to its last clip."""

from __future__ import annotations

import argparse
import asyncio
import atexit
import logging
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from bot import log as logs
from bot import metrics, models
from bot.audio.uploads import Uploads
from bot.catalogue import UNKNOWN_LICENCE, entries
from bot.config import Config, data_folder
from bot.errors import ConfigError, ResourceError
from bot.health import Health
from bot.housekeeping import keep_tidy
from bot.inference.executor import Executor
from bot.musicgen.inspection import Contents, inspect
from bot.pipeline import Pipeline
from bot.store.store import open_store

log = logging.getLogger(__name__)

TOKEN_VARIABLE = "ZHIYIN_TOKEN"  # noqa: S105 - the name of it
_UNKNOWN_TOKEN_CODE = 4004
_ENDING = (signal.SIGINT, signal.SIGTERM)
_TOKEN_FORM = re.compile(r"[\w-]{18,}\.[\w-]{6,}\.[\w-]{25,}")

LOGIN_REFUSED = (
    "Discord does not know this token: it may have been reset. Copy it again from the page Bot of "
    "your application."
)
NO_INTENT = (
    "Discord does not grant this bot the intents that it asks for. Switch them on under Privileged "
    "Gateway Intents on the page Bot of your application, or see why your copy asks for them."
)
NO_TOKEN = (
    "The bot has no token yet: put it into config.toml as discord.token, or into the environment "
    f"variable {TOKEN_VARIABLE}. The README tells where to get one; `zhiyin demo` needs none."
)
WRONG_FORM = (
    "The token does not look like a bot's token: three parts with dots between them. Copy it again "
    "from the page Bot of your application."
)


def take_token(config: Config) -> str:
    """Return the bot's token and take it out of the environment, where children would see it.

    Raises ConfigError where there is none, or one that can't be right.
    """
    return token_of(config, os.environ.pop(TOKEN_VARIABLE, ""))


def token_of(config: Config, from_environment: str) -> str:
    """Return the token, the environment's before the configuration's; raises ConfigError."""
    token = (from_environment or config.discord.token).strip()
    if not token:
        raise ConfigError(NO_TOKEN)
    if not _TOKEN_FORM.fullmatch(token):
        raise ConfigError(WRONG_FORM)
    return token


def look_at_model(config: Config) -> tuple[Contents, str]:
    """Return what is known of the configured model without loading it, and its licence.

    Raises CheckpointError.
    """
    contents = inspect(models.locate(config.model.name, config))
    known = {entry.name: entry.licence for entry in entries(config)}
    return contents, known.get(config.model.name, UNKNOWN_LICENCE)


@asynccontextmanager
async def open_pipeline(
    config: Config,
    contents: Contents,
    *,
    folder: Path | None = None,
    clock: Callable[[], float] = time.time,
    engine: str | None = None,
) -> AsyncIterator[Pipeline]:
    """Open the store, start the worker and lend the pipeline between them."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(folder or data_folder(config), clock))
        executor = await stack.enter_async_context(Executor(config, engine=engine))
        codec = contents.shape.codec
        tidying = asyncio.create_task(
            keep_tidy(store, config.storage.keep_clips_days, config.storage.keep_backups, clock),
            name="housekeeping",
        )
        stack.push_async_callback(_ended, tidying)
        uploads = Uploads(
            sample_rate_hz=codec.sample_rate_hz, channels=contents.shape.decoder.audio_channels
        )
        pipeline = await stack.enter_async_context(Pipeline(config, store, executor, uploads))
        stack.enter_context(_listening(pipeline.health))
        watching = asyncio.create_task(pipeline.health.watch(), name="health")
        stack.push_async_callback(_ended, watching)
        yield pipeline


def run(args: argparse.Namespace, config: Config) -> int:
    """Run the bot until it is told to stop; return the exit code."""
    token = take_token(config)
    # A service's journal is where its owner looks.
    logs.configure(logging.INFO, debug=args.debug, as_json=config.log.format == "json")
    contents, licence = look_at_model(config)
    return asyncio.run(_serve(config, token, contents, licence))


async def _serve(config: Config, token: str, contents: Contents, licence: str) -> int:
    import aiohttp
    import discord

    from bot.client import ZhiyinBot, connected

    async with AsyncExitStack() as stack:
        stop = stack.enter_context(stopping())
        pipeline = await stack.enter_async_context(open_pipeline(config, contents))
        await stack.enter_async_context(metrics.told(pipeline, config.metrics.port))
        bot = ZhiyinBot(config, pipeline, sampling=contents.sampling, licence=licence)
        pipeline.start()
        try:
            await connected(bot, token, stop)
        except (aiohttp.ClientError, OSError) as error:
            raise ResourceError(
                "Discord can't be reached from this machine: see whether it is online."
            ) from error
        except discord.LoginFailure:
            raise ConfigError(LOGIN_REFUSED) from None
        except discord.PrivilegedIntentsRequired:
            raise ConfigError(NO_INTENT) from None
        except discord.ConnectionClosed as error:
            if error.code == _UNKNOWN_TOKEN_CODE:
                raise ConfigError(LOGIN_REFUSED) from None
            raise ResourceError(
                f"Discord has closed the connection for good (code {error.code})."
            ) from error
    print("Stopped.", file=sys.stderr)
    return 0


@contextmanager
def stopping() -> Iterator[asyncio.Event]:
    """Lend what is set by the first signal to end; a second one ends the process at once.

    Within the block everything is to be put away. The loop, when it is closed, and Python, when it
    ends, would give the signals back to the system: one that came late would end the process as if
    it had been killed.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for number in _ENDING:
        loop.add_signal_handler(number, _stop_or_leave, stop)
    try:
        yield stop
    finally:
        for number in _ENDING:
            loop.remove_signal_handler(number)
            signal.signal(number, _leave)
            atexit.register(signal.signal, number, signal.SIG_IGN)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(1)


@contextmanager
def _listening(health: Health) -> Iterator[None]:
    """Let the bot's health hear of errors."""
    logger = logging.getLogger()
    logger.addHandler(health)
    try:
        yield
    finally:
        logger.removeHandler(health)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _stop_or_leave(stop: asyncio.Event) -> None:
    if stop.is_set():
        os._exit(1)
    stop.set()
