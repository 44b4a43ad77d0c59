"""Workers on other machines: a real Ray cluster with two nodes on this one, and what befalls them.

Run by name, `pytest tests/inference/cluster_ray.py`: it starts some twenty processes of Ray's, and
takes two minutes.
The cluster is started once for all tests. The engine in the workers does what the prompt says.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
from contextlib import asynccontextmanager

import numpy as np
import pytest
import pytest_asyncio

from bot.cli.doctor_machines import check_machines
from bot.cli.findings import Verdict
from bot.config import Config, EngineConfig, LimitsConfig, StorageConfig, WorkerConfig
from bot.domain.generation import GenerationRequest
from bot.errors import Cancelled
from bot.inference.executor import Executor
from bot.inference.pending_job import UnrelatedWorkerLoss, WorkerLost
from bot.inference.ray.backend import NO_CLUSTER, RayBackend
from bot.inference.ray.cluster import TOKEN_FILE, TOKEN_VARIABLE, Cluster
from bot.inference.ray.head import RayHead
from bot.inference.ray.nodes import Offer, labels_of
from bot.inference.worker_troubles import NOBODY
from tests.support import scripted_worker
from tests.support.forked_worker import ForkedBackend
from tests.support.free_port import free_port
from tests.support.joined_machine import machine, workers

SCRIPTED = "tests.support.scripted_worker:open_engine"
OF_MACHINE = "tests.support.scripted_worker:open_engine_of_machine"
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
async def opened(head, engine=SCRIPTED, **worker):
    """Lend an executor whose workers are machines that join, and local ones as configured."""
    config = configured(**({"count": 0} | worker))
    joined = RayBackend(config, head.cluster, head, engine=engine)
    backend = ForkedBackend(config, engine=engine)
    async with (
        asyncio.timeout(TIMEOUT_SECONDS),
        Executor(config, backend=backend, joined=joined) as executor,
    ):
        yield executor


@asynccontextmanager
async def lent(head, **environment):
    """Lend this machine by the command; yield what it prints, line by line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "worker", "--join", head.cluster.address),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {TOKEN_VARIABLE: TOKEN, "LANG": "C.UTF-8"} | environment,
    )
    try:
        yield process.stdout
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def wait_for_line(lines, words):
    """Wait for a line with these words, and return it."""
    while words not in (line := (await lines.readline()).decode()):
        assert line, "the command has ended"
    return line


def tone(seed):
    """What the scripted engine makes of a seed."""
    request = GenerationRequest(seconds=1.0, seed=seed, prompt="slow")
    return scripted_worker.tone(request).samples


def submit(executor, job_id, prompt="90s rock", seed=440):
    async def prepare():
        return GenerationRequest(seconds=1.0, seed=seed, prompt=prompt)

    return executor.submit(job_id, job_id, 1.0, prepare)


async def until(is_so):
    """Wait until something is so; the test's own limit ends it."""
    while not is_so():
        await asyncio.sleep(0.02)


async def ready(executor, count):
    """Wait until so many workers are."""
    await until(lambda: sum(each.is_ready for each in executor.workers) >= count)


async def test_joined_machines_generate_the_same_clips(head):
    """Each job once, on either machine, heard while it is made, and cancelled where it runs."""
    async with opened(head) as executor:
        waiting = submit(executor, 100)
        assert executor.progress(100).trouble == NOBODY
        with machine(head.cluster) as one, machine(head.cluster) as other:
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
                with pytest.raises(UnrelatedWorkerLoss):
                    await run.result()
            await ready(executor, 2)


async def test_a_frozen_or_dead_machine_is_abandoned(head):
    """Within seconds, whatever Ray thinks; one that comes back late works for nobody."""
    # A worker of a frozen machine is as silent as one that thinks: nothing else would give it up.
    async with opened(head, silent_seconds=3600.0) as executor:
        with machine(head.cluster) as frozen:
            run = submit(executor, 1, "hang")
            await run.started.wait()
            (worker,) = workers(frozen)
            everything = frozen.children(recursive=True)
            for process in everything:
                process.suspend()
            with pytest.raises(UnrelatedWorkerLoss):
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
            with pytest.raises(UnrelatedWorkerLoss):
                await run.result()


async def test_clips_are_blamed_for_a_crash_and_not_for_a_machine_that_leaves(head):
    """Only the end of the worker's own process may be their fault, wherever it runs."""
    async with opened(head) as executor:
        with machine(head.cluster):
            await ready(executor, 1)
            crash = submit(executor, 1, "crash")
            with pytest.raises(WorkerLost) as lost:
                await crash.result()
            assert not isinstance(lost.value, UnrelatedWorkerLoss)
            await ready(executor, 1)
            run = submit(executor, 2, "hang")
            await run.started.wait()
        # It has left as with Ctrl-C.
        with pytest.raises(UnrelatedWorkerLoss):
            await run.result()
        with machine(head.cluster) as shut_down:
            await ready(executor, 1)
            run = submit(executor, 3, "hang")
            await run.started.wait()
            for process in shut_down.children(recursive=True):
                process.terminate()
            with pytest.raises(UnrelatedWorkerLoss):
                await run.result()


async def test_an_incompatible_machine_is_refused_on_both_sides(head):
    """In a sentence there and at the bot: another version, other weights, another precision."""
    async with opened(head, engine=OF_MACHINE, count=1) as executor:
        await ready(executor, 1)
        for own, words in (
            ({"ZHIYIN_TEST_WEIGHTS": "b"}, "has loaded another model than the bot's other workers"),
            ({"ZHIYIN_TEST_PRECISION": "int4"}, "computes in int4 and the bot's other workers in"),
        ):
            async with lent(head, **own) as lines:
                there = await wait_for_line(lines, words)
                # It leaves, with that as its last word.
                assert not await lines.readline()
            troubles = [str(each.trouble) for each in executor.workers if not each.is_local]
            assert [each for each in troubles if each in there]
        with machine(head.cluster, version="0"):
            await until(lambda: any(_is_of_other_version(each) for each in executor.workers))
        # Meanwhile, and now, the bot's own worker works.
        assert (await submit(executor, 1).result()).sound.seconds == 1.0


async def test_a_machine_of_another_version_keeps_no_other_from_starting(head):
    """A worker takes seconds to start on a machine that joins beside it."""
    async with opened(head) as executor:
        with machine(head.cluster, version="0"):
            await until(lambda: any(_is_of_other_version(each) for each in executor.workers))
            with machine(head.cluster):
                await submit(executor, 1).result()


def _is_of_other_version(worker):
    return "another version of Zhiyin" in str(worker.trouble) and bool(worker.host)


async def test_a_joining_machine_takes_waiting_jobs(head, tmp_path):
    """And the owner is told who is there, as `zhiyin doctor` does, without the token."""
    (tmp_path / TOKEN_FILE).write_text(TOKEN)
    (tmp_path / TOKEN_FILE).chmod(0o600)
    offer = Offer(cores=3, memory_bytes=4 * 10**9, factor=2.5, model="starter", precision="int8")
    config = dataclasses.replace(
        configured(ray_address=head.cluster.address),
        storage=StorageConfig(folder=str(tmp_path)),
    )
    async with opened(head, count=1) as executor:
        await ready(executor, 1)
        busy = [submit(executor, n, "hang") for n in (1, 2)]
        await asyncio.gather(*(run.started.wait() for run in busy))
        waiting = submit(executor, 3)
        with machine(head.cluster, labels=labels_of(offer)):
            assert (await waiting.result()).sound.seconds == 1.0
            findings = await asyncio.to_thread(lambda: list(check_machines(config)))
        assert not any(run.outcome.done() for run in busy)
    assert {each.verdict for each in findings} == {Verdict.GOOD}
    report = "\n".join(str(each.sentence) for each in findings)
    assert "3 processor cores, 4.0 GB" in report
    assert "2.5 seconds of music a second with starter in int8" in report
    assert TOKEN not in report


async def test_without_ray_s_head_local_workers_continue_and_machines_rejoin(head):
    """The head is started anew, and a machine that was lent with `zhiyin worker` is back."""
    async with opened(head, count=1) as executor:
        await ready(executor, 1)
        async with lent(head) as lines:
            await wait_for_line(lines, "Joined")
            await ready(executor, 2)
            await head.stop(for_good=True)
            assert (await submit(executor, 1).result()).sound.seconds == 1.0
            await wait_for_line(lines, "Joined")
            await ready(executor, 2)


async def test_without_any_worker_jobs_wait_and_people_are_notified(head):
    """Until the head is back, and a machine with it."""
    async with opened(head) as executor:
        with machine(head.cluster):
            await ready(executor, 1)
        await until(lambda: executor.model is None)
        await head.stop(for_good=True)
        waiting = submit(executor, 1)
        await until(lambda: executor.progress(1).trouble == NO_CLUSTER)
        assert not waiting.outcome.done()
        await head.start()
        with machine(head.cluster):
            assert (await waiting.result()).sound.seconds == 1.0
