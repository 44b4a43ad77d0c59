"""Open store, executor and pipeline, and close them in reverse order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bot.audio.notation import load_notation
from bot.audio.untrusted.uploads import Uploads
from bot.config import Config, data_folder, time_zone
from bot.domain.quota_day import QuotaDay
from bot.inference.backend import WorkerBackend, choose_backends
from bot.inference.executor import Executor
from bot.inference.supervisor import CANCEL_SECONDS
from bot.musicgen.checkpoint.inspection import Contents
from bot.pipeline.service import Pipeline
from bot.pipeline.timings import Timings
from bot.store.retention import run_retention
from bot.store.store import open_store


@asynccontextmanager
async def open_pipeline(
    config: Config,
    contents: Contents,
    *,
    folder: Path | None = None,
    clock: Callable[[], float] = time.time,
    engine: str | None = None,
    backend: WorkerBackend | None = None,
    cancel_seconds: float = CANCEL_SECONDS,
    timings: Timings | None = None,
) -> AsyncIterator[Pipeline]:
    """Open the store, start the workers, and lend the pipeline between them.

    `engine` and `backend` are the executor's.
    """
    data = folder or data_folder(config)
    async with AsyncExitStack() as stack:
        limits = config.limits
        day = QuotaDay(limits.day_turns_at_hour, time_zone(limits.time_zone))
        store = await stack.enter_async_context(open_store(data, clock, day))
        joined = None
        if backend is None:
            backend, joined = choose_backends(config, data, engine=engine)
        executor = await stack.enter_async_context(
            Executor(config, backend=backend, joined=joined, cancel_seconds=cancel_seconds)
        )
        codec = contents.config.codec
        tidying = asyncio.create_task(
            run_retention(
                store, config.storage.keep_clips_days, config.storage.keep_backups, clock
            ),
            name="housekeeping",
        )
        stack.push_async_callback(_ended, tidying)
        uploads = Uploads(
            sample_rate_hz=codec.sample_rate_hz, channels=contents.config.decoder.audio_channels
        )
        pipeline = await stack.enter_async_context(
            Pipeline(config, store, executor, uploads, timings, load_notation(contents.folder))
        )
        yield pipeline


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
