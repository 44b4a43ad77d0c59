"""Supervises one worker: starts it, gives it jobs, receives its messages, and restarts it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bot.config import WorkerConfig
from bot.domain.status import ModelInfo
from bot.i18n.sentence import Sentence, from_json, to_json
from bot.inference.awake_timeout import within_awake
from bot.inference.backend import WorkerBackend, WorkerHandle
from bot.inference.eta import EtaEstimator
from bot.inference.handshake import OtherVersionError, receive_hello, receive_loaded
from bot.inference.job_messages import apply
from bot.inference.pending_job import (
    PendingJob,
    UnrelatedWorkerLoss,
    check_end,
    learn_pace,
    worker_loss,
)
from bot.inference.protocol import (
    CancelJob,
    ChangePrompt,
    FromWorker,
    JobFailed,
    JobFinished,
    JobMessage,
    JobProgressed,
    ModelFailed,
    Shutdown,
    start_message,
)
from bot.inference.worker_troubles import (
    CANT_START,
    NOT_READY,
    OTHER_VERSION,
    CannotStart,
    MachineLost,
    WorkerRefused,
    backoff_seconds,
    check_model,
)
from bot.log import log_job_id

log = logging.getLogger(__name__)

CANCEL_SECONDS = 5.0
"""How long a worker may take to drop a job before it is killed."""

_STEADY_SECONDS = 300.0
"""A worker that was ready for this long resets the restart backoff."""


class WorkerSupervisor:
    """Keeps one worker running, and has the jobs of that worker."""

    def __init__(
        self,
        config: WorkerConfig,
        backend: WorkerBackend,
        eta: EtaEstimator,
        clock: Callable[[], float],
        changed: Callable[[], None],
        *,
        cancel_seconds: float = CANCEL_SECONDS,
        reference: Callable[[], ModelInfo | None] = lambda: None,
    ) -> None:
        """Take the backend; `changed` is called whenever there may be room for a job.

        A worker whose model differs from that of `reference` is refused.
        """
        self.worker: WorkerHandle | None = None
        self.model: ModelInfo | None = None
        self.jobs: dict[int, PendingJob] = {}
        self.broken: Sentence | None = None
        self.broken_host = ""
        """The host of the worker that failed; "" if it failed before Hello."""
        self.host = ""
        """The host name of the worker; "" before Hello."""
        self.pace = EtaEstimator()
        """The pace of this worker alone."""
        self.starts = 0
        self._config, self._backend, self._eta, self._clock = config, backend, eta, clock
        self._changed = changed
        self._cancel_seconds, self._reference = cancel_seconds, reference
        self._failures, self._ready_at, self._is_final = 0, 0.0, False

    def has_room(self, slots: int) -> bool:
        """Return whether one more job fits into `slots`."""
        return len(self.jobs) < slots and not any(job.queued.alone for job in self.jobs.values())

    async def run(self) -> None:
        """Keep a worker running, with exponential backoff between failures.

        Returns when a local worker has reported that a restart would not help.
        """
        while not self._is_final:
            self.starts += 1
            try:
                worker = await self._backend.start()
            except CannotStart as error:
                log.warning("worker.not_started %s", error)
                self._set_broken(error.sentence)
            except Exception:
                log.exception("worker.not_started")
                self._set_broken(CANT_START)
            else:
                await self._run_worker(worker)
            self._failures += 1
            if not self._is_final:
                await asyncio.sleep(backoff_seconds(self._failures))

    async def give(self, job: PendingJob) -> None:
        """Prepare a job, which is in `jobs` already, and send it to the worker."""
        worker = self.worker
        try:
            request = await job.prepare()
            check_end(request, job)
        except Exception as error:
            job.settle(error)
        if job.outcome.done() or worker is None or worker is not self.worker:
            # The job was settled, or the worker ended, while the job was prepared.
            job.settle(UnrelatedWorkerLoss("the worker ended before the job began"))
            self._release(job)
            return
        try:
            worker.send(start_message(job.id, request, stream=bool(job.streams)))
        except Exception as error:
            # A value that can't be encoded, such as a number that is too large.
            job.settle(error)
            self._release(job)
            return
        job.started_at = self._clock()
        job.started.set()
        for change_id in job.changes:
            self.change_prompt(job, change_id)

    async def cancel(self, job: PendingJob) -> None:
        """Tell the worker to cancel a job, and kill the worker if it does not in time."""
        worker = self.worker
        if worker is None or not job.started.is_set():
            return
        worker.send(CancelJob(job.id))
        try:
            await within_awake(job.released.wait(), self._cancel_seconds)
        except TimeoutError:
            with log_job_id(job.id):
                log.warning("worker.killed %s it went on with a cancelled job", worker.name)
            # Without a model the worker gets no more jobs.
            self.model = None
            for other in self.jobs.values():
                other.settle(UnrelatedWorkerLoss("another clip had to be stopped by force"))
            await worker.kill()

    def change_prompt(self, job: PendingJob, change_id: int) -> None:
        """Send a prompt change; a job that is not started gets it when it starts."""
        if self.worker is not None and job.started.is_set():
            self.worker.send(ChangePrompt(job.id, change_id, job.changes[change_id].change))

    async def _run_worker(self, worker: WorkerHandle) -> None:
        """Receive a worker's messages until it ends, then settle its jobs."""
        self.worker = worker
        if worker.pid is None:
            self.broken = None  # that no machine could be reached, or what is wrong with another
        is_lost, is_blameless = True, False
        try:
            await self._receive(worker)
        except WorkerRefused as error:
            log.error("worker.refused %s %s", worker.name, error)
            self._set_broken(error.sentence)
            worker.send(Shutdown(refusal=to_json(error.sentence)))
            is_lost, is_blameless = False, True
        except EOFError as error:
            log.warning("worker.lost %s", worker.name)
            is_blameless = isinstance(error, MachineLost)
        except TimeoutError:
            log.error("worker.silent %s", worker.name)
            if self.model is None:
                self._set_broken(NOT_READY)
        except asyncio.CancelledError:
            is_lost = False
            raise
        except Exception:
            # On any protocol error restart the worker.
            log.exception("worker.protocol_error %s", worker.name)
        finally:
            if self.model is not None and self._clock() - self._ready_at > _STEADY_SECONDS:
                self._failures = 0
            self.model, self.worker, self.host = None, None, ""
            for job in list(self.jobs.values()):
                job.settle(worker_loss(job, is_blameless=is_blameless))
                self._release(job)
            await (worker.kill() if is_lost else worker.stop())

    async def _receive(self, worker: WorkerHandle) -> None:
        """Handle a worker's messages.

        Raises EOFError when it ends, TimeoutError when it sends no heartbeat, ProtocolError for an
        invalid message, and WorkerRefused for a worker that can't be used.
        """
        try:
            self.host = await within_awake(receive_hello(worker), self._config.load_seconds)
        except OtherVersionError:
            self._set_broken(OTHER_VERSION)
            raise
        message = await within_awake(receive_loaded(worker), self._config.load_seconds)
        if isinstance(message, ModelFailed):
            sentence = from_json(message.sentence)
            log.error("worker.broken %s", sentence)
            # Of joined machines, another one may be able to load it.
            self._is_final = message.is_final and worker.pid is not None
            self._set_broken(sentence)
            raise EOFError
        info, allowed = message.info, self._config.other_precisions
        check_model(info, self._reference(), self.host, other_precisions=allowed)
        self.broken, self.model, self._ready_at = None, info, self._clock()
        log.info("worker.ready %s host=%s after=%.1fs", worker.name, self.host, info.load_seconds)
        self._changed()
        while True:
            # A worker that hangs sends no heartbeat either.
            self._handle(await within_awake(worker.receive(), self._config.silent_seconds), info)
            # The bot's own worker may have loaded another model meanwhile.
            check_model(info, self._reference(), self.host, other_precisions=allowed)

    def _set_broken(self, sentence: Sentence) -> None:
        self.broken, self.broken_host = sentence, self.host
        self._changed()

    def _handle(self, message: FromWorker, model: ModelInfo) -> None:
        if not isinstance(message, JobMessage) or (job := self.jobs.get(message.job_id)) is None:
            return
        apply(message, job, model)
        if isinstance(message, JobProgressed):
            learn_pace(job, (self._eta, self.pace), at_once=len(self.jobs), now=self._clock())
        elif isinstance(message, (JobFinished, JobFailed)):
            if isinstance(message, JobFinished):
                self._failures = 0
            self._release(job)

    def _release(self, job: PendingJob) -> None:
        # The job may have been submitted again already, as another PendingJob.
        if self.jobs.get(job.id) is job:
            del self.jobs[job.id]
        job.released.set()
        self._changed()
