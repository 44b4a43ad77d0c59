"""An executor with real worker processes, whose engine does what the prompt says."""

from __future__ import annotations

import asyncio
import dataclasses
from contextlib import asynccontextmanager

import psutil

from bot.config import Config, EngineConfig, LimitsConfig, WorkerConfig
from bot.domain.generation import GenerationRequest
from bot.inference.executor import Executor

TIMEOUT_SECONDS = 120
SCRIPTED = "tests.support.scripted_worker:open_engine"


def configured(*, slots=8, running_per_user=64, **worker):
    return dataclasses.replace(
        Config(),
        engine=EngineConfig(slots=slots),
        limits=LimitsConfig(running_per_user=running_per_user),
        worker=WorkerConfig(**worker),
    )


@asynccontextmanager
async def open_executor(
    config=None, *, engine=SCRIPTED, timeout_seconds=TIMEOUT_SECONDS, **options
):
    """Open an executor, and check that no process of it is left."""
    before = set(psutil.Process().children())
    async with asyncio.timeout(timeout_seconds):
        async with Executor(config or configured(), engine=engine, **options) as executor:
            yield executor
    assert set(psutil.Process().children()) <= before


def request(prompt="90s rock", *, seconds=1.0, seed=440):
    return GenerationRequest(seconds=seconds, seed=seed, prompt=prompt)


def submit(
    executor, job_id, prompt="90s rock", *, user=None, seconds=1.0, front=False, alone=False
):
    """Queue a job, by default of a new person."""

    async def prepare():
        return request(prompt, seconds=seconds)

    owner = job_id if user is None else user
    return executor.submit(job_id, owner, seconds, prepare, front=front, alone=alone)


async def until(condition):
    """Poll a condition that has no event; the timeout is around it."""
    while not condition():
        await asyncio.sleep(0.01)


async def ready(executor):
    await until(lambda: executor.model is not None)
