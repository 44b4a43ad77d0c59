"""The real bot as a process, on a simulated Discord: run this module with FOLDER ADDRESS.

Its engine is scripted, or opened by the function that a third argument names. A fourth argument
has changed settings of workers, as JSON. The file `skew` in its folder shifts its clock by so many
seconds, and its queue logs what enters and leaves it. Signals are those of `zhiyin run`: the first
drains the bot, a second ends it at once.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import sys
import time
from pathlib import Path

from bot.app.client import ZhiyinBot, run_bot
from bot.app.discord_address import point_discord_at
from bot.app.health import Health
from bot.app.signals import stopping
from bot.app.wiring import open_pipeline
from bot.config import Config, GenerationConfig, LimitsConfig, StorageConfig, WorkerConfig
from bot.inference import executor
from bot.models.registry import starter_folder
from bot.musicgen.checkpoint.inspection import inspect
from tests.soak.queue_watch import LoggedQueue
from tests.support.discord_wire.server import TOKEN
from tests.support.drawn_seeds import DrawnSeeds

SCRIPTED = "tests.support.scripted_worker:open_engine"


def settings(folder, **worker):
    """Return the settings of a soak: everything that causes trouble, with short waits."""
    return dataclasses.replace(
        Config(),
        storage=StorageConfig(folder=str(folder)),
        limits=LimitsConfig(daily_seconds=100_000.0, waiting_per_server=10_000, waiting=10_000),
        generation=GenerationConfig(default_seconds=2.0),
        worker=WorkerConfig(**{"silent_seconds": 5.0, "grace_seconds": 5.0} | worker),
    )


def skewed(folder):
    """Return a clock that can be shifted from outside."""
    file = folder / "skew"

    def clock():
        return time.time() + (float(file.read_text() or 0) if file.exists() else 0.0)

    return clock


async def live(folder, address, engine=SCRIPTED, worker="{}"):
    contents, clock = inspect(starter_folder()), skewed(folder)
    config = settings(folder, **json.loads(worker))
    with stopping() as stop, point_discord_at(address):
        async with open_pipeline(
            config, contents, folder=folder, clock=clock, engine=engine
        ) as pipeline:
            bot = ZhiyinBot(
                config,
                pipeline,
                Health(),
                sampling=contents.sampling,
                licence="none",
                clock=clock,
                draw_seed=DrawnSeeds(),
            )
            await run_bot(bot, TOKEN, stop)


def main():
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(created).3f %(levelname)s %(message)s"
    )
    executor.FairQueue = LoggedQueue  # type: ignore[attr-defined]
    asyncio.run(live(Path(sys.argv[1]), *sys.argv[2:]))


if __name__ == "__main__":
    main()
