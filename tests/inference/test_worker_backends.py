"""The executor on a scripted backend: handshake, versions and invalid messages."""

from __future__ import annotations

import asyncio
import dataclasses

import numpy as np
import pytest

from bot.i18n.sentence import Sentence, from_json, to_json
from bot.inference.encoding import (
    ProtocolError,
    decode_from_worker,
    decode_to_worker,
    encode,
    version,
)
from bot.inference.pending_job import UnrelatedWorkerLoss, WorkerLost
from bot.inference.protocol import (
    GenerateJob,
    Heartbeat,
    Hello,
    JobFinished,
    ModelFailed,
    Ready,
    Shutdown,
    ToWorker,
)
from bot.inference.worker_troubles import (
    NOT_READY,
    OTHER_MODEL,
    OTHER_VERSION,
    CannotStart,
    MachineLost,
)
from tests.support import scripted_worker
from tests.support.running_executor import (
    configured,
    open_executor,
    request,
    submit,
    until,
)


class ScriptedHandle:
    """A worker in this process, with only what the supervisor needs of a backend."""

    name, pid = "scripted", None

    def __init__(self, *messages, is_working=True):
        self.is_working = is_working
        self.sent: list[ToWorker] = []
        self.received: asyncio.Queue[bytes | EOFError] = asyncio.Queue()
        self.ended_by = ""
        self.say(*messages)

    def say(self, *messages):
        for message in messages:
            self.received.put_nowait(encode(message))

    def send(self, message):
        self.sent.append(decode_to_worker(encode(message)))
        if self.is_working and isinstance(message, GenerateJob):
            done = JobFinished(message.job_id, scripted_worker.tone(message.request), 1.0)
            self.received.put_nowait(encode(done))

    async def receive(self):
        body = await self.received.get()
        if isinstance(body, EOFError):
            raise body
        return decode_from_worker(body)

    async def stop(self):
        self.ended_by = "stop"

    async def kill(self):
        self.ended_by = "kill"


class ScriptedBackend:
    """Starts the workers it was given, one after the other, or raises the errors."""

    def __init__(self, *handles):
        self.handles = iter(handles)

    async def start(self):
        handle = next(self.handles, None)
        if handle is None:
            # There is no room for another one.
            await asyncio.Event().wait()
        if isinstance(handle, Exception):
            raise handle
        return handle

    async def close(self):
        """Hold nothing."""


READY = Ready(scripted_worker.info(8))
RETRAINED = Ready(dataclasses.replace(READY.info, weights="another digest"))
WITH_JOINED = configured(backend="ray", joined=1)


async def test_other_backends_can_be_used():
    """The supervisor knows only messages: no process, no socket, no pid."""
    handle = ScriptedHandle(Hello(version()), READY)
    async with open_executor(backend=ScriptedBackend(handle)) as executor:
        rendered = await submit(executor, 1).result()
        assert np.array_equal(rendered.sound.samples, scripted_worker.tone(request()).samples)
        assert executor.model == READY.info
        assert executor.worker_pids == []
    assert handle.ended_by == "stop"
    assert [type(message) for message in handle.sent] == [GenerateJob]


async def test_a_worker_of_another_version_is_refused(caplog):
    """It gets no job, and the reason is shown until one of the right version starts."""
    other = ScriptedHandle(Hello("0"), READY)
    right = ScriptedHandle(Hello(version()), READY)
    async with open_executor(backend=ScriptedBackend(other, right)) as executor:
        job = submit(executor, 1)
        await executor.settled.wait()
        assert executor.broken == OTHER_VERSION
        await job.result()
        assert executor.broken is None
    assert (other.ended_by, other.sent) == ("kill", [])
    assert "worker.refused scripted version=0" in caplog.text


@pytest.mark.parametrize("first", [READY, Heartbeat()])
async def test_a_worker_without_a_hello_is_replaced(first, caplog):
    """It is not one of our workers."""
    wrong = ScriptedHandle(first)
    right = ScriptedHandle(Hello(version()), READY)
    async with open_executor(backend=ScriptedBackend(wrong, right)) as executor:
        await submit(executor, 1).result()
    assert wrong.ended_by == "kill"
    assert "worker.protocol_error scripted" in caplog.text


async def test_a_worker_that_sends_invalid_messages_is_replaced(caplog):
    """Its jobs end as after a crash."""
    wrong = ScriptedHandle(Hello(version()), READY, is_working=False)
    right = ScriptedHandle(Hello(version()), READY)
    async with open_executor(backend=ScriptedBackend(wrong, right)) as executor:
        job = submit(executor, 1)
        await job.started.wait()
        wrong.received.put_nowait(b"nonsense")
        with pytest.raises(WorkerLost):
            await job.result()
        await submit(executor, 1).result()
    assert wrong.ended_by == "kill"
    assert "worker.protocol_error scripted" in caplog.text


@pytest.mark.parametrize(("error", "is_suspect"), [(EOFError(), True), (MachineLost(), False)])
async def test_only_a_worker_s_own_end_is_blamed_on_its_jobs(error, is_suspect):
    """A machine that leaves or loses its network has not been ended by a clip."""
    lost = ScriptedHandle(Hello(version()), READY, is_working=False)
    other = ScriptedHandle(Hello(version()), READY)
    async with open_executor(backend=ScriptedBackend(lost, other)) as executor:
        job = submit(executor, 1)
        await job.started.wait()
        lost.received.put_nowait(error)
        with pytest.raises(WorkerLost) as ended:
            await job.result()
        assert isinstance(ended.value, UnrelatedWorkerLoss) is not is_suspect
        await submit(executor, 1).result()
    assert lost.ended_by == "kill"


async def test_a_request_that_can_t_be_sent_ends_only_its_own_job():
    """The worker and its other jobs continue."""
    async with open_executor(configured(slots=1)) as executor:
        bad, good = submit(executor, 1, "lone surrogate \ud800"), submit(executor, 2)
        with pytest.raises(ValueError, match="surrogates not allowed"):
            await bad.result()
        await good.result()


async def test_another_model_is_refused_while_the_bot_s_own_worker_restarts():
    """Its last model counts until it has loaded one again."""
    first, again = ScriptedHandle(Hello(version()), READY), ScriptedHandle()
    joining = ScriptedHandle()
    async with open_executor(
        WITH_JOINED, backend=ScriptedBackend(first, again), joined=ScriptedBackend(joining)
    ) as executor:
        await executor.settled.wait()
        first.received.put_nowait(EOFError())
        await until(lambda: executor.model is None)
        joining.say(Hello(version(), "attic"), RETRAINED)
        await until(lambda: joining.ended_by)
        assert _refusals(joining) == [OTHER_MODEL.template]
        again.say(Hello(version()), READY)
        await submit(executor, 1).result()
        assert executor.model == READY.info


async def test_a_machine_leaves_when_the_bot_s_own_worker_loads_another_model():
    """What it was making is made again on the others."""
    own = ScriptedHandle(Hello(version()), ModelFailed(to_json(Sentence("no model"))))
    repaired = ScriptedHandle()
    joined = ScriptedHandle(Hello(version(), "attic"), RETRAINED, is_working=False)
    async with open_executor(
        WITH_JOINED, backend=ScriptedBackend(own, repaired), joined=ScriptedBackend(joined)
    ) as executor:
        job = submit(executor, 1)
        await job.started.wait()
        repaired.say(Hello(version()), READY)
        await until(lambda: executor.model == READY.info)
        joined.say(Heartbeat())
        with pytest.raises(UnrelatedWorkerLoss):
            await job.result()
        assert _refusals(joined) == [OTHER_MODEL.template]
        await submit(executor, 1).result()


def _refusals(handle):
    """The templates of the sentences with which a worker was told to end."""
    texts = [each.refusal for each in handle.sent if isinstance(each, Shutdown)]
    return [from_json(each).template for each in texts]


@pytest.mark.parametrize("error", [ProtocolError("garbage"), OSError("no memory")])
async def test_a_worker_is_started_again_after_any_error(error, caplog):
    """A fault in a backend does not end the worker's place."""
    right = ScriptedHandle(Hello(version()), READY)
    async with open_executor(backend=ScriptedBackend(error, right)) as executor:
        await submit(executor, 1).result()
    assert "worker.not_started" in caplog.text


async def test_a_trouble_is_over_when_a_machine_has_joined():
    """Orders wait while it loads the model."""
    loading = ScriptedHandle()
    backend = ScriptedBackend(CannotStart(NOT_READY), loading)
    config = configured(count=0, joined=1)
    async with open_executor(config, backend=backend, joined=backend) as executor:
        await executor.settled.wait()
        assert executor.broken == NOT_READY
        await until(lambda: executor.workers and executor.workers[0].starts == 2)
        assert executor.broken is None


async def test_orders_wait_for_a_machine_that_has_left():
    """What another place could not reach before it joined is over."""
    machine = ScriptedHandle(Hello(version(), "attic"), READY)
    backend = ScriptedBackend(CannotStart(NOT_READY), machine)
    config = configured(count=0, joined=2)
    async with open_executor(config, backend=backend, joined=backend) as executor:
        await until(lambda: executor.model is not None)
        machine.received.put_nowait(EOFError())
        await until(lambda: executor.model is None)
        assert executor.broken is None
