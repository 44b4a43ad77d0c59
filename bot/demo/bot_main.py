"""The demo's bot, in a process of its own: `python -m bot.demo.bot_main`.

Its settings are the first line of standard input, as JSON; it stops when that is closed. It reports
on standard output, one JSON object per line: see `bot.demo.bot_process`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import os
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from bot import log as logs
from bot.app.free_memory import freeze_startup_objects, trimming_memory
from bot.app.health import watch_health
from bot.app.signals import stopping
from bot.app.wiring import open_pipeline
from bot.config import Config, with_local_workers
from bot.config_file import parse
from bot.errors import ZhiyinError
from bot.i18n.sentence import Sentence, to_json
from bot.models.locate import inspect_model, vocabulary_of
from bot.pipeline.service import Pipeline
from bot.private_files import private_umask

# `__name__` is `__main__` here, so the logger is named explicitly.
log = logging.getLogger("bot.demo.bot_main")

_ANSWER_SECONDS = 0.5


def main() -> int:
    """Run the bot until it is told to stop; return the exit code."""
    settings: dict[str, Any] = json.loads(sys.stdin.readline())
    config = parse(settings["config"])
    level = settings["level"]
    logs.configure(level, debug=level <= logging.DEBUG, as_json=config.log.format == "json")
    try:
        with private_umask():
            asyncio.run(_live(config, settings))
    except ZhiyinError as error:
        _report(failed=to_json(error.sentence))
        return 1
    return 0


async def _live(config: Config, settings: dict[str, Any]) -> None:
    begun = time.monotonic()
    contents, licence = inspect_model(config)
    config = with_local_workers(config)
    # A Ctrl-C ends the demo at once, without finishing the last clip.
    worker = dataclasses.replace(config.worker, grace_seconds=0.0)
    config = dataclasses.replace(config, worker=worker)
    async with AsyncExitStack() as stack:
        stop = stack.enter_context(stopping())
        listening = asyncio.create_task(_stop_at_end_of_input(stop), name="standard input")
        stack.callback(listening.cancel)
        await stack.enter_async_context(trimming_memory())
        # The worker starts loading while the rest is imported.
        pipeline = await stack.enter_async_context(
            open_pipeline(
                config, contents, folder=Path(settings["folder"]), engine=settings["engine"]
            )
        )
        health = await stack.enter_async_context(watch_health())

        from bot.app.client import ZhiyinBot, run_bot
        from bot.app.discord_address import point_discord_at

        stack.enter_context(point_discord_at(settings["address"]))
        bot = ZhiyinBot(
            config,
            pipeline,
            health,
            sampling=contents.sampling,
            licence=licence,
            vocabulary=vocabulary_of(contents),
        )
        telling = asyncio.create_task(_tell_when_loaded(pipeline, begun))
        stack.callback(telling.cancel)
        freeze_startup_objects()
        await run_bot(bot, settings["token"], stop, answer_seconds=_ANSWER_SECONDS)


async def _tell_when_loaded(pipeline: Pipeline, begun: float) -> None:
    executor = pipeline.executor
    await executor.settled.wait()
    sentence = executor.broken or Sentence(
        "The model is ready, after {seconds:.0f} s.", seconds=time.monotonic() - begun
    )
    _report(told=to_json(sentence), is_ready=executor.broken is None)


async def _stop_at_end_of_input(stop: asyncio.Event) -> None:
    """Set `stop` when standard input closes, which also happens if the demo is killed."""
    stream = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), sys.stdin)
    await stream.read()
    stop.set()


def _report(**report: object) -> None:
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Don't wait for threads of libraries.
    os._exit(code)
