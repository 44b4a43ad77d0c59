"""Supervises one worker: starts it, gives it jobs, receives its messages, and restarts it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bot.config import WorkerConfig
from bot.domain.status import ModelInfo
from bot.i18n.sentence import Sentence, from_json
from bot.inference.backend import WorkerBackend, WorkerHandle
from bot.inference.encoding import ProtocolError, version
from bot.inference.eta import EtaEstimator
from bot.inference.job_messages import apply
from bot.inference.pending import NotToBlame, PendingJob, WorkerLost, check_end
from bot.inference.protocol import (
    AudioTaken,
    CancelJob,
    ChangePrompt,
    EndJob,
    FromWorker,
    Hello,
    JobFailed,
    JobFinished,
    JobMessage,
    JobProgressed,
    ModelFailed,
    Ready,
    StreamJob,
    start_message,
)
from bot.log import about

log = logging.getLogger(__name__)

CANT_START = Sentence(
    "The music engine can't be started on this machine; its owner can see why in the log."
)
NOT_READY = Sentence(
    "The music engine is taking too long to start. I'm trying again; my owner can see more in the "
    "log."
)
OTHER_VERSION = Sentence(
    "The music engine runs another version of Zhiyin than the bot does; its owner can see "
    "more in the log."
)

CANCEL_SECONDS = 5.0
"""How long a worker may take to drop a job before it is killed."""

_MAX_BACKOFF_SECONDS = 60.0
_STEADY_SECONDS = 300.0
"""A worker that was ready for so long was no failure, whatever it made."""


def backoff_seconds(failures: int) -> float:
    """Return how long to wait before the next start, after so many failures in a row."""
    # Cap the exponent: 2.0 ** failures overflows after about 1,000 failures.
    grown = 2.0 ** min(failures - 2, 10)
    return min(_MAX_BACKOFF_SECONDS, grown) if failures > 1 else 0.0


class WorkerSupervisor:
    """One worker after the other, and the jobs of the one that runs."""

    def __init__(
        self,
        config: WorkerConfig,
        backend: WorkerBackend,
        eta: EtaEstimator,
        clock: Callable[[], float],
        changed: Callable[[], None],
        *,
        cancel_seconds: float = CANCEL_SECONDS,
    ) -> None:
        """Take what starts workers; `changed` is called whenever there may be room for a job."""
        self.worker: WorkerHandle | None = None
        self.model: ModelInfo | None = None
        self.jobs: dict[int, PendingJob] = {}
        self.broken: Sentence | None = None
        self.starts = 0
        self._config, self._backend, self._eta, self._clock = config, backend, eta, clock
        self._changed = changed
        self._cancel_seconds = cancel_seconds
        self._failures, self._ready_at = 0, 0.0

    def has_room(self, slots: int) -> bool:
        """Tell whether one more job fits, with `slots` in all."""
        return len(self.jobs) < slots and not any(job.queued.alone for job in self.jobs.values())

    async def run(self) -> None:
        """Keep a worker running for ever, with a growing backoff between failures."""
        while True:
            self.starts += 1
            try:
                worker = await self._backend.start()
            except OSError:
                log.exception("worker.not_started")
                self.broken = CANT_START
                self._changed()
            else:
                await self._attend(worker)
            self._failures += 1
            await asyncio.sleep(backoff_seconds(self._failures))

    async def give(self, job: PendingJob) -> None:
        """Prepare a job, which is in `jobs` already, and send it to the worker."""
        with about(job.id):
            await self._give(job)

    async def _give(self, job: PendingJob) -> None:
        worker = self.worker
        try:
            request = await job.prepare()
            check_end(request, job)
        except Exception as error:
            job.settle(error)
        if job.outcome.done() or worker is None or worker is not self.worker:
            # Cancelled or failed, or the worker died while the job was prepared.
            job.settle(NotToBlame("the worker ended before the job began"))
            self._release(job)
            return
        try:
            worker.send(start_message(job.id, request, stream=bool(job.streams)))
        except Exception as error:
            # A number that is too large, or no number: there is no such message.
            job.settle(error)
            self._release(job)
            return
        job.started_at = self._clock()
        job.started.set()
        for change_id in job.changes:
            self.change_prompt(job, change_id)

    async def cancel(self, job: PendingJob) -> None:
        """Have the worker stop a job, and kill the worker if it does not."""
        worker = self.worker
        if worker is None or not job.started.is_set():
            return
        worker.send(CancelJob(job.id))
        try:
            async with asyncio.timeout(self._cancel_seconds):
                await job.released.wait()
        except TimeoutError:
            with about(job.id):
                log.warning("worker.killed %s it went on with a cancelled job", worker.name)
            # No job is given to a worker that is about to end.
            self.model = None
            for other in self.jobs.values():
                other.settle(NotToBlame("another clip had to be stopped by force"))
            await worker.kill()

    def stream(self, job: PendingJob) -> None:
        """Have the worker send the audio of a job that it has; one that waits says so itself."""
        if self.worker is not None and job.started.is_set():
            self.worker.send(StreamJob(job.id))

    def note_taken(self, job: PendingJob) -> None:
        """Tell the worker how much of music without end its slowest listener has taken."""
        taken = min((stream.taken_seconds for stream in job.open_streams), default=0.0)
        if self.worker is not None and job.started.is_set() and taken > job.taken_seconds:
            job.taken_seconds = taken
            self.worker.send(AudioTaken(job.id, taken))

    def change_prompt(self, job: PendingJob, change_id: int) -> None:
        """Have the worker change a job's words; of one that waits, it is told when it starts."""
        if self.worker is not None and job.started.is_set():
            self.worker.send(ChangePrompt(job.id, change_id, job.changes[change_id].change))

    def end(self, job: PendingJob) -> None:
        """Have the worker finish music without end with what is made of it."""
        if self.worker is not None:
            self.worker.send(EndJob(job.id))

    async def _attend(self, worker: WorkerHandle) -> None:
        """Receive a worker's messages until it ends, one way or the other, and its jobs with it."""
        self.worker = worker
        is_lost = True
        try:
            await self._receive(worker)
        except EOFError:
            log.warning("worker.lost %s", worker.name)
        except TimeoutError:
            log.error("worker.silent %s", worker.name)
            if self.model is None:
                self.broken = NOT_READY
                self._changed()
        except asyncio.CancelledError:
            is_lost = False
            raise
        except Exception:
            # On any protocol error restart the worker.
            log.exception("worker.not_understood %s", worker.name)
        finally:
            if self.model is not None and self._clock() - self._ready_at > _STEADY_SECONDS:
                self._failures = 0
            self.model, self.worker = None, None
            for job in list(self.jobs.values()):
                # One that is being prepared was never given to it.
                had_it = job.started.is_set()
                job.settle((WorkerLost if had_it else NotToBlame)("the worker ended"))
                self._release(job)
            await (worker.kill() if is_lost else worker.stop())

    async def _receive(self, worker: WorkerHandle) -> None:
        """Handle a worker's messages.

        Raises EOFError when it ends, TimeoutError when it hangs, and ProtocolError for what is no
        message or comes out of turn.
        """
        async with asyncio.timeout(self._config.load_seconds):
            hello = await worker.receive()
            if not isinstance(hello, Hello):
                raise ProtocolError(f"a worker that begins with {type(hello).__name__}")
            if hello.version != version():
                log.error("worker.refused %s version=%s", worker.name, hello.version)
                self._break(OTHER_VERSION)
                raise EOFError
            message = await worker.receive()
            while not isinstance(message, (Ready, ModelFailed)):
                message = await worker.receive()
        if isinstance(message, ModelFailed):
            sentence = from_json(message.sentence)
            log.error("worker.broken %s", sentence)
            self._break(sentence)
            raise EOFError
        self.broken, self.model, self._ready_at = None, message.info, self._clock()
        log.info("worker.ready %s after=%.1fs", worker.name, message.info.load_seconds)
        self._changed()
        while True:
            # A worker that hangs sends no heartbeat either.
            async with asyncio.timeout(self._config.silent_seconds):
                self._handle(await worker.receive(), message.info)

    def _break(self, sentence: Sentence) -> None:
        self.broken = sentence
        self._changed()

    def _handle(self, message: FromWorker, model: ModelInfo) -> None:
        if not isinstance(message, JobMessage):
            return
        job = self.jobs.get(message.job_id)
        if job is None:
            return
        apply(message, job, model)
        if isinstance(message, JobProgressed):
            self._learn(job)
        elif isinstance(message, (JobFinished, JobFailed)):
            if isinstance(message, JobFinished):
                self._failures = 0
            self._release(job)

    def _learn(self, job: PendingJob) -> None:
        # Music without end waits for its listeners: its pace tells nothing.
        if job.started_at is not None and not job.is_endless:
            self._eta.learn(
                at_once=len(self.jobs),
                work_seconds=self._clock() - job.started_at,
                sound_seconds=job.done_seconds,
            )

    def _release(self, job: PendingJob) -> None:
        # The same job may be here again already, as another PendingJob.
        if self.jobs.get(job.id) is job:
            del self.jobs[job.id]
        job.released.set()
        self._changed()
