"""The queue and the workers together, with real processes: order, cancellation and shutdown.

The engine in the workers does what the prompt says; some tests use the real one.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal

import numpy as np
import pytest

from bot.config import ModelConfig
from bot.domain.generation import Kept, StemsRequest
from bot.errors import Cancelled, JobError
from bot.inference.executor import CANCELLED
from bot.inference.pending_job import WorkerLost
from tests.support import scripted_worker
from tests.support.half_made_clip import HalfMadeClip
from tests.support.running_executor import (
    SCRIPTED,
    TIMEOUT_SECONDS,
    configured,
    open_executor,
    ready,
    request,
    submit,
    until,
)


async def test_a_job_waits_for_the_model_and_is_generated():
    """It may be queued before the worker is ready; its result is the engine's clip."""
    async with open_executor() as executor:
        assert executor.model is None
        assert executor.broken is None
        run = submit(executor, 1)
        assert (executor.waiting, executor.running) == (1, 0)
        rendered = await run.result()
        assert rendered.model == executor.model == scripted_worker.info(8)
        assert np.array_equal(rendered.sound.samples, scripted_worker.tone(request()).samples)
        assert rendered.seconds_of_work > 0
        assert run.started.is_set()
        assert (executor.waiting, executor.running) == (0, 0)
        assert executor.progress(1) is None


async def test_concurrent_jobs_get_their_own_clips():
    """Each person gets their own clip."""
    async with open_executor(configured(slots=3)) as executor:

        def prepared(seed):
            async def prepare():
                return request(seed=seed)

            return prepare

        runs = [executor.submit(n, n % 4, 1.0, prepared(100 + n)) for n in range(12)]
        for n, run in enumerate(runs):
            expected = scripted_worker.tone(request(seed=100 + n)).samples
            assert np.array_equal((await run.result()).sound.samples, expected)


async def test_a_job_is_prepared_when_its_turn_has_come():
    """Its source sound is read then, not while it waits; a pause stops everything."""
    prepared = asyncio.Event()

    async def prepare():
        prepared.set()
        return request()

    async with open_executor() as executor:
        await ready(executor)
        executor.paused = True
        run = executor.submit(1, 1, 1.0, prepare)
        await submit_and_cancel(executor)
        assert not prepared.is_set()
        assert executor.waiting == 1
        executor.paused = False
        await run.result()
        assert prepared.is_set()


async def submit_and_cancel(executor):
    """Make the executor check its queue in every way."""
    submit(executor, 1000)
    executor.cancel(1000)
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_failed_preparation_ends_only_its_job():
    """Its caller gets the error, and its slot is free again."""

    async def prepare():
        raise LookupError("the clip is gone")

    async with open_executor(configured(slots=1)) as executor:
        failing = executor.submit(1, 1, 1.0, prepare)
        other = submit(executor, 2)
        with pytest.raises(LookupError, match="the clip is gone"):
            await failing.result()
        assert not failing.started.is_set()
        assert (await other.result()).sound.seconds == 1.0


async def test_a_job_the_engine_refuses_fails_with_its_sentence():
    """The worker stays and continues with other jobs."""
    async with open_executor() as executor:
        refused, other = submit(executor, 1, "fail"), submit(executor, 2)
        with pytest.raises(JobError, match="The script says that this can't be made."):
            await refused.result()
        await other.result()
        assert len(executor.worker_pids) == 1


async def test_a_waiting_job_is_cancelled_at_once():
    """It is never prepared; an unknown job can't be cancelled."""
    async with open_executor() as executor:
        run = submit(executor, 1)
        assert executor.cancel(1)
        with pytest.raises(Cancelled, match=str(CANCELLED)):
            await run.result()
        assert not run.started.is_set()
        assert executor.waiting == 0
        assert not executor.cancel(1)
        assert not executor.cancel(2)


async def test_a_running_job_is_cancelled_and_makes_room():
    """The worker drops it and takes the next."""
    async with open_executor(configured(slots=1)) as executor:
        first, second = submit(executor, 1, "slow"), submit(executor, 2)
        await first.started.wait()
        pids = executor.worker_pids
        assert executor.cancel(1)
        with pytest.raises(Cancelled):
            await first.result()
        await second.result()
        assert executor.worker_pids == pids


async def test_a_job_is_cancelled_while_it_is_prepared():
    """Its slot is given to the next job when the preparation ends."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def prepare():
        begun.set()
        await go_on.wait()
        return request()

    async with open_executor(configured(slots=1)) as executor:
        first, second = executor.submit(1, 1, 1.0, prepare), submit(executor, 2)
        await begun.wait()
        assert executor.cancel(1)
        with pytest.raises(Cancelled):
            await first.result()
        go_on.set()
        await second.result()
        assert not first.started.is_set()


async def test_running_jobs_per_user_are_limited(tmp_path):
    """A person's second job waits although there is room; another person's does not."""
    prompt = HalfMadeClip(tmp_path).prompt
    async with open_executor(configured(slots=4, running_per_user=1)) as executor:
        first = submit(executor, 1, prompt, user=1)
        second = submit(executor, 2, prompt, user=1)
        other = submit(executor, 3, prompt, user=2)
        await first.started.wait()
        await other.started.wait()
        assert not second.started.is_set()
        assert (executor.running, executor.waiting) == (2, 1)
        executor.cancel(1)
        await second.started.wait()


async def test_an_interrupted_job_goes_first(tmp_path):
    """It had its turn before."""
    prompt = HalfMadeClip(tmp_path).prompt
    async with open_executor(configured(slots=1)) as executor:
        running = submit(executor, 1, prompt)
        await running.started.wait()
        waiting = submit(executor, 2)
        again = submit(executor, 3, prompt, front=True)
        executor.cancel(1)
        await again.started.wait()
        assert not waiting.started.is_set()


async def test_a_suspect_job_runs_alone(tmp_path):
    """It waits until the worker is idle, and the others wait until it is finished."""
    prompt = HalfMadeClip(tmp_path).prompt
    async with open_executor() as executor:
        running = submit(executor, 1, prompt)
        await running.started.wait()
        suspect = submit(executor, 2, prompt, alone=True)
        other = submit(executor, 3, prompt)
        await until(lambda: running.done_seconds > 0)
        assert not suspect.started.is_set()
        executor.cancel(1)
        await suspect.started.wait()
        await until(lambda: suspect.done_seconds > 0)
        assert not other.started.is_set()
        executor.cancel(2)
        await other.started.wait()


async def test_a_known_job_is_not_queued_twice():
    """A second submission returns the same pending job."""
    async with open_executor() as executor:
        run = submit(executor, 1)
        assert submit(executor, 1) is run
        assert executor.waiting == 1
        await run.result()
        assert submit(executor, 1) is not run


async def test_a_job_s_progress_is_reported(tmp_path):
    """The jobs ahead, then the generated share, and the time left once it is known."""
    prompt = HalfMadeClip(tmp_path).prompt
    async with open_executor(configured(slots=1)) as executor:
        runs = [submit(executor, n, prompt, seconds=8.0) for n in (1, 2, 3)]
        progress = executor.progress(3)
        assert progress is not None
        assert (progress.ahead, progress.is_running, progress.model_is_ready) == (2, False, False)
        assert (progress.share, progress.seconds_left) == (0.0, None)
        await runs[0].started.wait()
        await until(lambda: executor.progress(1).share > 0)
        first, last = executor.progress(1), executor.progress(3)
        assert (first.ahead, first.is_running, first.model_is_ready) == (0, True, True)
        assert first.share < 1
        assert (last.ahead, last.is_running) == (1, False)
        assert 0 < first.seconds_left < last.seconds_left
        assert executor.progress(4) is None


async def test_two_workers_share_the_queue(tmp_path):
    """Each has slots of its own, and the crash of one does not affect the other's job."""
    clip = HalfMadeClip(tmp_path)
    async with open_executor(configured(slots=1, count=2)) as executor:
        runs = [submit(executor, n, clip.prompt) for n in (1, 2)]
        for run in runs:
            await run.started.wait()
        assert len(set(executor.worker_pids)) == 2
        os.kill(executor.worker_pids[0], signal.SIGKILL)
        await asyncio.wait([run.outcome for run in runs], return_when=asyncio.FIRST_COMPLETED)
        clip.let_go()
        results = await asyncio.gather(*(run.result() for run in runs), return_exceptions=True)
        assert sorted(type(each).__name__ for each in results) == ["Rendered", "WorkerLost"]


async def test_running_jobs_finish_before_shutdown():
    """No queued job starts meanwhile."""
    async with open_executor(configured(slots=1)) as executor:
        running, waiting = submit(executor, 1, "slow"), submit(executor, 2)
        await running.started.wait()
        await executor.drain(TIMEOUT_SECONDS)
        assert (await running.result()).sound.seconds == 1.0
        assert not waiting.started.is_set()
        assert executor.waiting == 1


async def test_shutdown_waits_at_most_the_grace_period():
    """Unfinished jobs end as if the worker had crashed, so that they are retried."""
    async with open_executor() as executor:
        run = submit(executor, 1, "hang")
        await run.started.wait()
        await executor.drain(0.0)
        assert not run.outcome.done()
    with pytest.raises(WorkerLost):
        await run.result()


async def test_no_job_is_prepared_after_a_drain():
    """Preparing marks a job as running in the database, where the drain has put it back."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def prepare():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return request()

    async with open_executor() as executor:
        run = executor.submit(1, 1, 1.0, prepare)
        await begun.wait()
        await executor.drain(0.0)
        assert ended.is_set()
        assert not run.started.is_set()
    with pytest.raises(WorkerLost):
        await run.result()


@pytest.mark.parametrize("engine", [SCRIPTED, "tests.support.scripted_worker:open_never"])
async def test_immediate_shutdown_leaves_no_process(engine):
    """Whether the worker has been started, is loading, or is not there yet."""
    async with open_executor(engine=engine):
        pass
    async with open_executor(engine=engine) as executor:
        await asyncio.sleep(0)
        assert executor.worker_pids == []
    async with open_executor(engine=engine) as executor:
        await until(lambda: executor.worker_pids)


async def test_shutdown_during_a_worker_crash_leaves_no_process():
    """It waits for a worker that is ending, too."""
    async with open_executor() as executor:
        await ready(executor)
        os.kill(executor.worker_pids[0], signal.SIGKILL)
        await until(lambda: executor.model is None)


def of_model(folder):
    """Settings of a real model, in the precision in which other tests have packed its weights."""
    config = configured(slots=2, load_seconds=600.0)
    engine = dataclasses.replace(config.engine, precision="fp32")
    return dataclasses.replace(config, engine=engine, model=ModelConfig(name=str(folder)))


async def test_the_real_engine_makes_a_clip(tiny_mono, kernel_cache, monkeypatch):
    """The same model, seed and prompt give the same clip in another process."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(kernel_cache.parent))
    config = of_model(tiny_mono)
    async with open_executor(config, engine=None, timeout_seconds=600) as executor:
        runs = [submit(executor, n, "90s rock", seconds=0.4) for n in (1, 2)]
        first, second = [(await run.result()).sound for run in runs]
        model = executor.model
        assert model is not None
        assert (model.channels, model.slots) == (1, 2)
        assert first.sample_rate_hz == model.sample_rate_hz
        assert first.seconds == pytest.approx(0.4)
        assert np.isfinite(first.samples).all()
        assert np.array_equal(first.samples, second.samples)


async def test_the_real_engine_separates_stems(tiny_stems, kernel_cache, monkeypatch):
    """Across processes: codes, stems, and a clip that keeps some."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(kernel_cache.parent))
    config = of_model(tiny_stems)

    def asked(executor, number, wanted):
        async def prepared():
            return wanted

        return executor.submit(number, number, 1.0, prepared).result()

    async with open_executor(config, engine=None, timeout_seconds=600) as executor:
        first = await asked(executor, 1, request(seconds=0.4))
        assert executor.model is not None
        assert executor.model.stems == ("drums", "bass", "chords", "lead")
        assert first.codes is not None
        assert first.codes.fingerprint == executor.model.fingerprint
        tokens = first.codes.tokens
        assert tokens.shape == (8, 20)
        apart = await asked(executor, -1, StemsRequest(tokens=tokens))
        assert tuple(apart.stems) == executor.model.stems
        assert {each.seconds for each in apart.stems.values()} == {0.4}
        kept = Kept(tokens=tokens, stems=("drums", "lead"))
        wanted = dataclasses.replace(request(seconds=0.4, seed=9), kept=kept, muted=("bass",))
        second = await asked(executor, 2, wanted)
        assert second.codes is not None
        assert np.array_equal(second.codes.tokens[[0, 1, 2, 7]], tokens[[0, 1, 2, 7]])
        assert not second.codes.tokens[3].any()
        kazoo = dataclasses.replace(request(), muted=("kazoo",))
        with pytest.raises(JobError, match="There is no stem 'kazoo' here"):
            await asked(executor, 3, kazoo)
