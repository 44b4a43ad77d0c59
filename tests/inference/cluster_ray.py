"""Workers on other machines: a real Ray cluster with two nodes on this one, and what befalls them.

Run by name, `pytest tests/inference/cluster_ray.py`: it starts some twenty processes of Ray's, and
takes two minutes.
The cluster is started once for all tests. The engine in the workers does what the prompt says.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import subprocess
import sys
from contextlib import asynccontextmanager, contextmanager

import numpy as np
import psutil
import pytest
import pytest_asyncio

from bot.cli.worker import refuse_version
from bot.config import Config, EngineConfig, LimitsConfig, WorkerConfig
from bot.domain.generation import GenerationRequest
from bot.errors import Cancelled, ResourceError
from bot.inference.encoding import version
from bot.inference.executor import Executor
from bot.inference.pending import WorkerLost
from bot.inference.ray.backend import RayBackend
from bot.inference.ray.cluster import (
    TOKEN_VARIABLE,
    Cluster,
    joined_command,
    node_process_command,
)
from bot.inference.ray.head import RayHead
from bot.inference.ray.look import View
from tests.support import scripted_worker
from tests.support.forked_worker import ForkedBackend
from tests.support.free_port import free_port

SCRIPTED = "tests.support.scripted_worker:open_engine"
TIMEOUT_SECONDS = 240
TOKEN = "a token for tests that nobody could guess"

pytestmark = pytest.mark.asyncio(loop_scope="module")


def configured(**worker):
    return dataclasses.replace(
        Config(),
        engine=EngineConfig(slots=2),
        limits=LimitsConfig(running_per_user=64),
        worker=WorkerConfig(backend="ray", **worker),
    )


class Head(RayHead):
    """The head of all tests, which outlives each test's bot."""

    async def stop(self, *, for_good=False):
        if for_good:
            await super().stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def head():
    """Ray's head, as a bot starts it."""
    port = free_port()
    opened = Head(Cluster(address=f"127.0.0.1:{port}", token=TOKEN), port)
    await opened.start()
    yield opened
    await opened.stop(for_good=True)


@asynccontextmanager
async def opened(head, **worker):
    """Lend an executor whose workers are machines that join, and local ones as configured."""
    config = configured(**({"count": 0} | worker))
    joined = RayBackend(config, head.cluster, head, engine=SCRIPTED)
    backend = ForkedBackend(config, engine=SCRIPTED)
    async with (
        asyncio.timeout(TIMEOUT_SECONDS),
        Executor(config, backend=backend, joined=joined) as executor,
    ):
        yield executor


@contextmanager
def machine(head):
    """Let a machine join while the block lasts; lend the leader of its processes."""
    process = subprocess.Popen(
        node_process_command(joined_command(head.cluster.address, 1)),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=head.cluster.environment(os.environ),
        start_new_session=True,
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        process.stdin.close()
        process.wait(60)


def workers(machine):
    """The worker processes of a machine."""
    all_ = machine.children(recursive=True)
    return [each for each in all_ if "bot.inference.worker" in each.cmdline()]


@asynccontextmanager
async def lent(head):
    """Lend this machine by the command; yield what it prints, line by line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "worker", "--join", head.cluster.address),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {TOKEN_VARIABLE: TOKEN},
    )
    try:
        yield process.stdout
    finally:
        process.terminate()
        await process.wait()


async def said(lines, word):
    """Wait for a line that begins with a word."""
    while not (line := (await lines.readline()).decode()).startswith(word):
        assert line, "the command has ended"


def tone(seed):
    """What the scripted engine makes of a seed."""
    request = GenerationRequest(seconds=1.0, seed=seed, prompt="slow")
    return scripted_worker.tone(request).samples


def submit(executor, job_id, prompt="90s rock", seed=440):
    async def prepare():
        return GenerationRequest(seconds=1.0, seed=seed, prompt=prompt)

    return executor.submit(job_id, job_id, 1.0, prepare)


async def ready(executor, count):
    """Wait until so many workers are."""
    while sum(each.is_ready for each in executor.workers) < count:
        await asyncio.sleep(0.02)


async def test_machines_that_join_make_what_a_local_worker_would(head):
    """Each job once, on either machine, heard while it is made, and cancelled where it runs."""
    async with opened(head) as executor:
        waiting = submit(executor, 100)
        with machine(head) as one, machine(head) as other:
            await waiting.result()
            await ready(executor, 2)
            runs = [submit(executor, n, "slow", seed=100 + n) for n in range(4)]
            await asyncio.gather(*(run.started.wait() for run in runs))
            assert [each.jobs for each in executor.workers] == [2, 2]
            stream = executor.subscribe(3)
            executor.cancel(0)
            with pytest.raises(Cancelled):
                await runs[0].result()
            await runs[0].released.wait()
            for n, run in enumerate(runs[1:], start=1):
                sound = (await run.result()).sound
                assert np.array_equal(sound.samples, tone(100 + n))
            assert [piece async for piece in stream]

            # Ray's part of a worker dies: its job is known to be lost, and it is replaced.
            runs = [submit(executor, n, "hang") for n in (5, 6)]
            await asyncio.gather(*(run.started.wait() for run in runs))
            for worker in (*workers(one), *workers(other)):
                worker.parent().kill()
            for run in runs:
                with pytest.raises(WorkerLost):
                    await run.result()
            await ready(executor, 2)


async def test_a_machine_that_freezes_or_dies_is_given_up(head):
    """Within seconds, whatever Ray thinks; one that comes back late works for nobody."""
    # A worker of a frozen machine is as silent as one that thinks: nothing else would give it up.
    async with opened(head, silent_seconds=3600.0) as executor:
        with machine(head) as frozen:
            run = submit(executor, 1, "hang")
            await run.started.wait()
            (worker,) = workers(frozen)
            everything = frozen.children(recursive=True)
            for process in everything:
                process.suspend()
            with pytest.raises(WorkerLost):
                await run.result()
            assert executor.model is None
            for process in everything:
                process.resume()
            await asyncio.to_thread(worker.wait, 60)

            await ready(executor, 1)
            run = submit(executor, 2, "hang")
            await run.started.wait()
            for process in [frozen, *frozen.children(recursive=True)]:
                process.kill()
            with pytest.raises(WorkerLost):
                await run.result()


async def test_without_its_head_the_bot_goes_on_alone_and_machines_join_again(head):
    """The head is started anew, and a machine that was lent with `zhiyin worker` is back."""
    async with opened(head, count=1) as executor:
        await ready(executor, 1)
        async with lent(head) as lines:
            await said(lines, "Joined")
            await ready(executor, 2)
            await head.stop(for_good=True)
            assert (await submit(executor, 1).result()).sound.seconds == 1.0
            await said(lines, "Joined")
            await ready(executor, 2)


async def test_only_a_bot_of_the_same_version_is_worked_for():
    """A machine says so and leaves; with a head that is nobody's it waits."""
    cluster = Cluster(address="10.0.0.1:6379", token=TOKEN)
    refuse_version(View(bot_versions=(version(),), hosts=()), cluster)
    refuse_version(View(bot_versions=(), hosts=()), cluster)
    with pytest.raises(ResourceError, match="another version of Zhiyin"):
        refuse_version(View(bot_versions=("0",), hosts=()), cluster)
