"""How the executor handles failing workers: crashes, hangs, failed starts, and blame."""

from __future__ import annotations

import asyncio
import os
import signal

import psutil
import pytest

from bot.errors import Cancelled
from bot.i18n.sentence import Sentence
from bot.inference.pending_job import UnrelatedWorkerLoss, WorkerLost
from bot.inference.worker_troubles import backoff_seconds
from tests.support.running_executor import (
    configured,
    open_executor,
    ready,
    request,
    submit,
    until,
)


async def test_a_worker_that_ignores_a_cancellation_is_replaced():
    """A slot is never lost to a cancelled job."""
    async with open_executor(configured(slots=1), cancel_seconds=0.2) as executor:
        first, second = submit(executor, 1, "stubborn"), submit(executor, 2)
        await first.started.wait()
        pids = executor.worker_pids
        executor.cancel(1)
        with pytest.raises(Cancelled):
            await first.result()
        await second.result()
        assert executor.worker_pids != pids


@pytest.mark.parametrize("prompt", ["crash", "raise"])
async def test_a_worker_that_dies_is_replaced(prompt):
    """All its jobs end with WorkerLost; the next job runs on a new worker."""
    async with open_executor() as executor:
        guilty, innocent = submit(executor, 1, prompt), submit(executor, 2, "slow")
        await guilty.started.wait()
        pids = executor.worker_pids
        for run in (guilty, innocent):
            with pytest.raises(WorkerLost):
                await run.result()
        assert executor.model is None
        await submit(executor, 3).result()
        assert executor.worker_pids != pids


async def test_a_worker_that_is_killed_is_replaced_and_the_log_says_why(caplog):
    """The log names the usual reason of a sudden death."""
    async with open_executor() as executor:
        await ready(executor)
        (pid,) = executor.worker_pids
        os.kill(pid, signal.SIGKILL)
        await until(lambda: executor.model is None)
        await submit(executor, 1).result()
        assert executor.worker_pids != [pid]
    assert f"worker.ended pid={pid} by SIGKILL: probably out of memory" in caplog.text


async def test_a_worker_that_hangs_is_replaced():
    """A worker that is silent for the allowed time counts as dead."""
    async with open_executor(configured(silent_seconds=5.0)) as executor:
        run = submit(executor, 1, "hang")
        with pytest.raises(WorkerLost):
            await run.result()
        await submit(executor, 2).result()


async def test_a_worker_that_never_gets_ready_is_replaced(caplog):
    """Loading has a time limit; meanwhile jobs can be queued and cancelled."""
    async with open_executor(
        configured(load_seconds=10.0), engine="tests.support.scripted_worker:open_never"
    ) as executor:
        run = submit(executor, 1)
        await until(lambda: executor.worker_pids)
        pids = executor.worker_pids
        await until(lambda: executor.worker_pids not in ([], pids))
        assert executor.model is None
        assert not run.started.is_set()
        assert executor.cancel(1)
    assert f"worker.silent pid={pids[0]}" in caplog.text


async def test_a_missing_device_is_reported_once(caplog):
    """Another worker would not find it either: none is started, and no traceback logged."""
    async with open_executor(engine="tests.support.scripted_worker:open_no_device") as executor:
        await executor.settled.wait()
        await until(
            lambda: not [task for task in asyncio.all_tasks() if task.get_name() == "worker"]
        )
        assert executor.broken == Sentence("The script says that there is no device.")
        assert not executor.worker_pids
    assert caplog.text.count("worker.broken") == 1
    assert "Traceback" not in caplog.text


async def test_a_broken_model_gives_a_sentence():
    """Loading is retried, the sentence stays, and jobs wait for a repair."""
    async with open_executor(engine="tests.support.scripted_worker:open_nothing") as executor:
        run = submit(executor, 1)
        await executor.settled.wait()
        assert executor.broken == Sentence("The script says that there is no model.")
        await until(lambda: not executor.worker_pids)
        await until(lambda: executor.worker_pids)
        assert executor.broken == Sentence("The script says that there is no model.")
        assert executor.model is None
        assert not run.outcome.done()


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 0), (2, 1), (3, 2), (7, 32), (8, 60), (9, 60), (1_000_000, 60)]
)
def test_repeated_failures_back_off(failures, seconds):
    """The pause doubles up to a minute, after any number of failures."""
    assert backoff_seconds(failures) == seconds


async def test_a_preparation_that_ends_late_does_not_touch_the_job_s_next_run():
    """The worker dies meanwhile and the job is retried: it must not get lost in between."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow_to_prepare():
        begun.set()
        await go_on.wait()
        return request()

    async with open_executor() as executor:
        first = executor.submit(1, 1, 1.0, slow_to_prepare)
        await begun.wait()
        os.kill(executor.worker_pids[0], signal.SIGKILL)
        with pytest.raises(WorkerLost):
            await first.result()
        again = submit(executor, 1, "slow", front=True)
        await again.started.wait()
        go_on.set()
        assert (await again.result()).sound.seconds == 1.0


async def test_a_job_in_preparation_is_not_blamed_for_a_crash():
    """It was never given to the worker."""
    async with open_executor() as executor:
        await ready(executor)
        begun = asyncio.Event()

        async def prepare():
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError

        run = executor.submit(1, 1, 1.0, prepare)
        await begun.wait()
        psutil.Process(executor.worker_pids[0]).kill()
        with pytest.raises(UnrelatedWorkerLoss):
            await run.result()
