"""The queue and the workers together, with real processes: who is made when, and what can go wrong.

The engine in the workers does what the prompt says; one test has the real one.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
from contextlib import asynccontextmanager

import numpy as np
import psutil
import pytest

from bot.config import Config, EngineConfig, LimitsConfig, ModelConfig, WorkerConfig
from bot.domain.generation import GenerationRequest, Kept, StemsRequest
from bot.errors import Cancelled, JobError
from bot.i18n.sentence import Sentence
from bot.inference.audio_stream import MAX_SECONDS
from bot.inference.encoding import decode_from_worker, decode_to_worker, encode, version
from bot.inference.executor import CANCELLED, Executor
from bot.inference.pending_job import UnrelatedWorkerLoss, WorkerLost
from bot.inference.protocol import GenerateJob, Heartbeat, Hello, JobFinished, Ready, ToWorker
from bot.inference.worker_troubles import OTHER_VERSION, backoff_seconds
from tests.support import scripted_worker

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
async def opened(config=None, *, engine=SCRIPTED, timeout_seconds=TIMEOUT_SECONDS, **options):
    """Lend an executor, and see that no process of its is left."""
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
    """Put a job in the queue, of a person of its own if nothing else is said."""

    async def prepare():
        return request(prompt, seconds=seconds)

    owner = job_id if user is None else user
    return executor.submit(job_id, owner, seconds, prepare, front=front, alone=alone)


async def until(condition):
    """Wait for what has no event; the timeout is around it."""
    while not condition():
        await asyncio.sleep(0.01)


async def ready(executor):
    await until(lambda: executor.model is not None)


async def test_a_job_waits_for_the_model_and_is_generated():
    """It may be ordered before the worker is there; what comes back is what the engine made."""
    async with opened() as executor:
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
    async with opened(configured(slots=3)) as executor:

        def prepared(seed):
            async def prepare():
                return request(seed=seed)

            return prepare

        runs = [executor.submit(n, n % 4, 1.0, prepared(100 + n)) for n in range(12)]
        for n, run in enumerate(runs):
            expected = scripted_worker.tone(request(seed=100 + n)).samples
            assert np.array_equal((await run.result()).sound.samples, expected)


async def test_a_job_is_prepared_when_its_turn_has_come():
    """Sound to go on from is read then, not while the job waits; a pause holds everything."""
    prepared = asyncio.Event()

    async def prepare():
        prepared.set()
        return request()

    async with opened() as executor:
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
    """Give the executor every reason to look at its queue."""
    submit(executor, 1000)
    executor.cancel(1000)
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_failed_preparation_ends_only_its_job():
    """The one who waits for it hears what it was; the place is free again."""

    async def prepare():
        raise LookupError("the clip is gone")

    async with opened(configured(slots=1)) as executor:
        failing = executor.submit(1, 1, 1.0, prepare)
        other = submit(executor, 2)
        with pytest.raises(LookupError, match="the clip is gone"):
            await failing.result()
        assert not failing.started.is_set()
        assert (await other.result()).sound.seconds == 1.0


async def test_a_job_the_engine_refuses_fails_with_its_sentence():
    """It is no loss of the worker: others are made by the same."""
    async with opened() as executor:
        refused, other = submit(executor, 1, "fail"), submit(executor, 2)
        with pytest.raises(JobError, match="The script says that this can't be made."):
            await refused.result()
        await other.result()
        assert len(executor.worker_pids) == 1


async def test_a_waiting_job_is_cancelled_at_once():
    """It is never prepared, and one that is not here can't be cancelled."""
    async with opened() as executor:
        run = submit(executor, 1)
        assert executor.cancel(1)
        with pytest.raises(Cancelled, match=str(CANCELLED)):
            await run.result()
        assert not run.started.is_set()
        assert executor.waiting == 0
        assert not executor.cancel(1)
        assert not executor.cancel(2)


async def test_a_running_job_is_cancelled_and_makes_room():
    """The worker lets go of it and takes the next."""
    async with opened(configured(slots=1)) as executor:
        first, second = submit(executor, 1, "slow"), submit(executor, 2)
        await first.started.wait()
        pids = executor.worker_pids
        assert executor.cancel(1)
        with pytest.raises(Cancelled):
            await first.result()
        await second.result()
        assert executor.worker_pids == pids


async def test_a_job_is_cancelled_while_it_is_prepared():
    """Its place is given to the next as soon as the preparation is over."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def prepare():
        begun.set()
        await go_on.wait()
        return request()

    async with opened(configured(slots=1)) as executor:
        first, second = executor.submit(1, 1, 1.0, prepare), submit(executor, 2)
        await begun.wait()
        assert executor.cancel(1)
        with pytest.raises(Cancelled):
            await first.result()
        go_on.set()
        await second.result()
        assert not first.started.is_set()


async def test_a_worker_that_ignores_a_cancellation_is_replaced():
    """A slot is never lost to a job that nobody wants."""
    async with opened(configured(slots=1), cancel_seconds=0.2) as executor:
        first, second = submit(executor, 1, "stubborn"), submit(executor, 2)
        await first.started.wait()
        pids = executor.worker_pids
        executor.cancel(1)
        with pytest.raises(Cancelled):
            await first.result()
        await second.result()
        assert executor.worker_pids != pids


async def test_running_jobs_per_user_are_limited():
    """A person's second job waits although there is room; another person's does not."""
    async with opened(configured(slots=4, running_per_user=1)) as executor:
        first = submit(executor, 1, "slow", user=1)
        second = submit(executor, 2, "slow", user=1)
        other = submit(executor, 3, "slow", user=2)
        await first.started.wait()
        await other.started.wait()
        assert not second.started.is_set()
        assert (executor.running, executor.waiting) == (2, 1)
        executor.cancel(1)
        await second.started.wait()


async def test_an_interrupted_job_goes_first():
    """It had its turn already."""
    async with opened(configured(slots=1)) as executor:
        running = submit(executor, 1, "slow")
        await running.started.wait()
        waiting = submit(executor, 2)
        again = submit(executor, 3, "slow", front=True)
        executor.cancel(1)
        await again.started.wait()
        assert not waiting.started.is_set()


async def test_a_suspect_job_runs_alone():
    """It waits until the worker is empty, and the others wait until it is through."""
    async with opened() as executor:
        running = submit(executor, 1, "slow")
        await running.started.wait()
        suspect = submit(executor, 2, "slow", alone=True)
        other = submit(executor, 3, "slow")
        await until(lambda: running.done_seconds > 0.05)
        assert not suspect.started.is_set()
        executor.cancel(1)
        await suspect.started.wait()
        await until(lambda: suspect.done_seconds > 0.05)
        assert not other.started.is_set()
        executor.cancel(2)
        await other.started.wait()


async def test_a_known_job_is_not_queued_twice():
    """The same job again is the same run."""
    async with opened() as executor:
        run = submit(executor, 1)
        assert submit(executor, 1) is run
        assert executor.waiting == 1
        await run.result()
        assert submit(executor, 1) is not run


async def test_a_job_s_progress_is_reported():
    """How many are ahead, then how much is made, and how long it takes once that is known."""
    async with opened(configured(slots=1)) as executor:
        runs = [submit(executor, n, "slow", seconds=8.0) for n in (1, 2, 3)]
        standing = executor.progress(3)
        assert standing is not None
        assert (standing.ahead, standing.is_running, standing.model_is_ready) == (2, False, False)
        assert (standing.share, standing.seconds_left) == (0.0, None)
        await runs[0].started.wait()
        await until(lambda: executor.progress(1).share > 0)
        first, last = executor.progress(1), executor.progress(3)
        assert (first.ahead, first.is_running, first.model_is_ready) == (0, True, True)
        assert first.share < 1
        assert (last.ahead, last.is_running) == (1, False)
        assert 0 < first.seconds_left < last.seconds_left
        assert executor.progress(4) is None


@pytest.mark.parametrize("prompt", ["crash", "raise"])
async def test_a_worker_that_dies_is_replaced(prompt):
    """Those that it made are told so, who knows which of them it was; the next are made."""
    async with opened() as executor:
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
    """The usual reason of a sudden death is told with it."""
    async with opened() as executor:
        await ready(executor)
        (pid,) = executor.worker_pids
        os.kill(pid, signal.SIGKILL)
        await until(lambda: executor.model is None)
        await submit(executor, 1).result()
        assert executor.worker_pids != [pid]
    assert f"worker.ended pid={pid} by SIGKILL: probably out of memory" in caplog.text


async def test_a_worker_that_hangs_is_replaced():
    """Silence for as long as is allowed is taken for the end."""
    async with opened(configured(silent_seconds=5.0)) as executor:
        run = submit(executor, 1, "hang")
        with pytest.raises(WorkerLost):
            await run.result()
        await submit(executor, 2).result()


async def test_a_worker_that_never_gets_ready_is_replaced(caplog):
    """Loading has its time; meanwhile people can come and go."""
    async with opened(
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
    """No other worker would find it: none is started, and nobody reads a traceback."""
    async with opened(engine="tests.support.scripted_worker:open_no_device") as executor:
        await executor.settled.wait()
        await until(
            lambda: not [task for task in asyncio.all_tasks() if task.get_name() == "worker"]
        )
        assert executor.broken == Sentence("The script says that there is no device.")
        assert not executor.worker_pids
    assert caplog.text.count("worker.broken") == 1
    assert "Traceback" not in caplog.text


async def test_a_broken_model_gives_a_sentence():
    """It is tried again, and the sentence stays; jobs wait for the owner to mend it."""
    async with opened(engine="tests.support.scripted_worker:open_nothing") as executor:
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
    """The pause doubles up to a minute, for as many nights as it takes."""
    assert backoff_seconds(failures) == seconds


async def test_a_preparation_that_ends_late_does_not_touch_the_job_s_next_run():
    """The worker dies meanwhile and the job comes again: it must not get lost between the two."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow_to_prepare():
        begun.set()
        await go_on.wait()
        return request()

    async with opened() as executor:
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
    async with opened() as executor:
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


async def test_two_workers_share_the_queue():
    """Each has a place of its own, and the death of one is not felt by the other's job."""
    async with opened(configured(slots=1, count=2)) as executor:
        runs = [submit(executor, n, "slow") for n in (1, 2)]
        for run in runs:
            await run.started.wait()
        assert len(set(executor.worker_pids)) == 2
        os.kill(executor.worker_pids[0], signal.SIGKILL)
        results = await asyncio.gather(*(run.result() for run in runs), return_exceptions=True)
        assert sorted(type(each).__name__ for each in results) == ["Rendered", "WorkerLost"]


# Audio while it is generated


async def audio_of(stream):
    """All that comes of a stream until it ends."""
    return [audio async for audio in stream]


async def test_a_subscriber_gets_a_job_s_audio_while_it_is_generated():
    """Stretch after stretch, the first before the job is done; together they are the clip."""
    async with opened() as executor:
        job = submit(executor, 1, "slow")
        first, second = executor.subscribe(1), executor.subscribe(1)
        begun = await anext(first)
        assert not job.outcome.done()
        rest = await audio_of(first)
        clip = (await job.result()).sound
        together = np.concatenate([each.sound.samples for each in (begun, *rest)], axis=1)
        assert np.array_equal(together, clip.samples)
        assert begun.first_sample == 0
        assert {each.sound.sample_rate_hz for each in (begun, *rest)} == {clip.sample_rate_hz}
        assert len(await audio_of(second)) == 1 + len(rest)


async def test_a_subscription_can_start_midway():
    """What was before is not sent again, and where it begins is told."""
    async with opened() as executor:
        job = submit(executor, 1, "slow", seconds=2.0)
        await until(lambda: job.done_seconds > 0)
        audio = await audio_of(executor.subscribe(1))
        assert audio[0].first_sample > 0
        clip = (await job.result()).sound.samples
        together = np.concatenate([each.sound.samples for each in audio], axis=1)
        assert np.array_equal(together, clip[:, audio[0].first_sample :])


@pytest.mark.parametrize("prompt", ["crash", "fail", "hang"])
async def test_a_subscription_ends_with_its_job(prompt):
    """However the job ends; nobody waits for audio that never comes."""
    async with opened() as executor:
        job = submit(executor, 1, prompt)
        stream = executor.subscribe(1)
        if prompt == "hang":
            await job.started.wait()
            executor.cancel(1)
        assert await audio_of(stream) == []
        assert await audio_of(executor.subscribe(1)) == []
        assert await audio_of(executor.subscribe(2)) == []


async def test_a_slow_subscriber_does_not_block_others():
    """The clip and its neighbours are made; what waits is bounded, the oldest is dropped."""
    seconds = 90.0
    async with opened(configured(slots=2)) as executor:
        jobs = [submit(executor, n, seconds=seconds) for n in (1, 2)]
        stream = executor.subscribe(1)
        for job in jobs:
            await job.result()
        audio = await audio_of(stream)
        kept = sum(each.sound.seconds for each in audio)
        assert kept <= MAX_SECONDS
        assert stream.dropped_seconds == pytest.approx(seconds - kept)
        assert audio[0].first_sample == round((seconds - kept) * scripted_worker.RATE_HZ)


# Another backend


class ScriptedHandle:
    """A worker in this very process: what a backend is to the supervisor, and no more."""

    name, pid = "scripted", None

    def __init__(self, *messages, is_working=True):
        self.is_working = is_working
        self.sent: list[ToWorker] = []
        self.received: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.ended_by = ""
        for message in messages:
            self.received.put_nowait(encode(message))

    def send(self, message):
        self.sent.append(decode_to_worker(encode(message)))
        if self.is_working and isinstance(message, GenerateJob):
            done = JobFinished(message.job_id, scripted_worker.tone(message.request), 1.0)
            self.received.put_nowait(encode(done))

    async def receive(self):
        body = await self.received.get()
        if body is None:
            raise EOFError
        return decode_from_worker(body)

    async def stop(self):
        self.ended_by = "stop"

    async def kill(self):
        self.ended_by = "kill"


class ScriptedBackend:
    """Starts the workers it was given, one after the other."""

    def __init__(self, *handles):
        self.handles = iter(handles)

    async def start(self):
        return next(self.handles)

    async def close(self):
        """Hold nothing."""


READY = Ready(scripted_worker.info(8))


async def test_other_backends_can_be_used():
    """The supervisor knows messages only: no process, no socket, no pid."""
    handle = ScriptedHandle(Hello(version()), READY)
    async with opened(backend=ScriptedBackend(handle)) as executor:
        rendered = await submit(executor, 1).result()
        assert np.array_equal(rendered.sound.samples, scripted_worker.tone(request()).samples)
        assert executor.model == READY.info
        assert executor.worker_pids == []
    assert handle.ended_by == "stop"
    assert [type(message) for message in handle.sent] == [GenerateJob]


async def test_a_worker_of_another_version_is_refused(caplog):
    """No job is given to it; the sentence says what is wrong until the right one comes."""
    other = ScriptedHandle(Hello("0"), READY)
    right = ScriptedHandle(Hello(version()), READY)
    async with opened(backend=ScriptedBackend(other, right)) as executor:
        job = submit(executor, 1)
        await executor.settled.wait()
        assert executor.broken == OTHER_VERSION
        await job.result()
        assert executor.broken is None
    assert (other.ended_by, other.sent) == ("kill", [])
    assert "worker.refused scripted version=0" in caplog.text


@pytest.mark.parametrize("first", [READY, Heartbeat()])
async def test_a_worker_without_a_hello_is_replaced(first, caplog):
    """It is none of ours."""
    wrong = ScriptedHandle(first)
    right = ScriptedHandle(Hello(version()), READY)
    async with opened(backend=ScriptedBackend(wrong, right)) as executor:
        await submit(executor, 1).result()
    assert wrong.ended_by == "kill"
    assert "worker.protocol_error scripted" in caplog.text


async def test_a_worker_that_sends_invalid_messages_is_replaced(caplog):
    """Its jobs end as with any worker that is lost."""
    wrong = ScriptedHandle(Hello(version()), READY, is_working=False)
    right = ScriptedHandle(Hello(version()), READY)
    async with opened(backend=ScriptedBackend(wrong, right)) as executor:
        job = submit(executor, 1)
        await job.started.wait()
        wrong.received.put_nowait(b"nonsense")
        with pytest.raises(WorkerLost):
            await job.result()
        await submit(executor, 1).result()
    assert wrong.ended_by == "kill"
    assert "worker.protocol_error scripted" in caplog.text


async def test_a_request_that_can_t_be_sent_ends_only_its_own_job():
    """The worker and the others' jobs are not touched by it."""
    async with opened(configured(slots=1)) as executor:
        bad, good = submit(executor, 1, "lone surrogate \ud800"), submit(executor, 2)
        with pytest.raises(ValueError, match="surrogates not allowed"):
            await bad.result()
        await good.result()


# The end


async def test_running_jobs_finish_before_shutdown():
    """Nothing new is handed out meanwhile."""
    async with opened(configured(slots=1)) as executor:
        running, waiting = submit(executor, 1, "slow"), submit(executor, 2)
        await running.started.wait()
        await executor.drain(TIMEOUT_SECONDS)
        assert (await running.result()).sound.seconds == 1.0
        assert not waiting.started.is_set()
        assert executor.waiting == 1


async def test_shutdown_waits_at_most_the_grace_period():
    """What is not finished then ends as if the worker had been lost, so that it is made again."""
    async with opened() as executor:
        run = submit(executor, 1, "hang")
        await run.started.wait()
        await executor.drain(0.0)
        assert not run.outcome.done()
    with pytest.raises(WorkerLost):
        await run.result()


@pytest.mark.parametrize("engine", [SCRIPTED, "tests.support.scripted_worker:open_never"])
async def test_immediate_shutdown_leaves_no_process(engine):
    """Whether the worker has been started, is loading, or is not there yet."""
    async with opened(engine=engine):
        pass
    async with opened(engine=engine) as executor:
        await asyncio.sleep(0)
        assert executor.worker_pids == []
    async with opened(engine=engine) as executor:
        await until(lambda: executor.worker_pids)


async def test_shutdown_during_a_worker_crash_leaves_no_process():
    """The one that is on its way out is waited for, too."""
    async with opened() as executor:
        await ready(executor)
        os.kill(executor.worker_pids[0], signal.SIGKILL)
        await until(lambda: executor.model is None)


def of_model(folder):
    """Settings of a real model, in the precision in which other tests have packed its weights."""
    config = configured(slots=2, load_seconds=600.0)
    engine = dataclasses.replace(config.engine, precision="fp32")
    return dataclasses.replace(config, engine=engine, model=ModelConfig(name=str(folder)))


async def test_the_real_engine_makes_a_clip(tiny_mono, kernel_cache, monkeypatch):
    """The same model, seed and prompt in another process: the same clip, at the model's rate."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(kernel_cache.parent))
    config = of_model(tiny_mono)
    async with opened(config, engine=None, timeout_seconds=600) as executor:
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
    """Over a process's border and back: codes, stems, and a clip that keeps some."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(kernel_cache.parent))
    config = of_model(tiny_stems)

    def asked(executor, number, wanted):
        async def prepared():
            return wanted

        return executor.submit(number, number, 1.0, prepared).result()

    async with opened(config, engine=None, timeout_seconds=600) as executor:
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
