"""All workers as one: the loaded model, running jobs, and which worker is next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.config import Config
from bot.domain.status import ModelInfo, WorkerStatus
from bot.i18n.sentence import Sentence
from bot.inference.backend import WorkerBackend
from bot.inference.eta import EtaEstimator
from bot.inference.pending_job import PendingJob
from bot.inference.supervisor import WorkerSupervisor
from bot.inference.task_set import TaskSet
from bot.inference.worker_troubles import NOBODY


class WorkerPool:
    """The supervisors of all workers, local and joined."""

    def __init__(
        self,
        config: Config,
        backend: WorkerBackend,
        joined: WorkerBackend | None,
        *,
        eta: EtaEstimator,
        clock: Callable[[], float],
        changed: Callable[[], None],
        cancel_seconds: float,
    ) -> None:
        """Take the backend for local workers and, if any can join, the one for others."""
        self._slots, self._backends = config.engine.slots, (backend, joined)
        self._eta, self._changed = eta, changed
        self._own_model: ModelInfo | None = None
        """The model that a local worker has loaded last."""

        def supervise(
            backend: WorkerBackend, reference: Callable[[], ModelInfo | None]
        ) -> WorkerSupervisor:
            return WorkerSupervisor(
                config.worker,
                backend,
                eta,
                clock,
                self._note_change,
                cancel_seconds=cancel_seconds,
                reference=reference,
            )

        self.local = [supervise(backend, lambda: None) for _ in range(config.worker.count)]
        places = range(config.worker.joined) if joined is not None else ()
        self.joined = [
            supervise(joined, lambda: self._reference) for _ in places if joined is not None
        ]

    @property
    def supervisors(self) -> list[WorkerSupervisor]:
        """Return all supervisors, local ones first."""
        return [*self.local, *self.joined]

    def begin(self, tasks: TaskSet, settled: asyncio.Event) -> None:
        """Run all workers; joined ones start once the local ones have `settled` the model."""
        for supervisor in self.local:
            tasks.begin(supervisor.run(), "worker")
        for supervisor in self.joined:
            tasks.begin(self._run_joined(supervisor, settled), "joined worker")

    async def _run_joined(self, supervisor: WorkerSupervisor, settled: asyncio.Event) -> None:
        if self.local:
            await settled.wait()
        await supervisor.run()

    async def close(self) -> None:
        """Close the backends; the workers have ended."""
        for backend in self._backends:
            if backend is not None:
                await backend.close()

    @property
    def model(self) -> ModelInfo | None:
        """Return the loaded model; None while none is loaded."""
        return next((each.model for each in self.supervisors if each.model is not None), None)

    @property
    def _reference(self) -> ModelInfo | None:
        """Return the model that joined workers must have: the local workers', or the first one's.

        A local worker that restarts is expected to load its last model again.
        """
        return self._own_model or self.model

    @property
    def broken(self) -> Sentence | None:
        """Return why no model can be loaded; None if one is loaded or may be soon.

        If there are local workers, only theirs count: a joined machine of no use stops nobody.
        """
        able = self.local or self.joined
        # A place without a worker only waits: it says nothing about the others' troubles.
        hopeful = any(not each.broken and (self.local or each.worker) for each in able)
        if self.model is not None or hopeful:
            return None
        return next((each.broken for each in able if each.broken), None)

    @property
    def waiting_for_machine(self) -> Sentence | None:
        """Return the sentence that no machine has joined, if there are no local workers."""
        is_waited_for = not self.local and all(each.worker is None for each in self.joined)
        return NOBODY if is_waited_for else None

    @property
    def running(self) -> list[PendingJob]:
        """Return the jobs that workers have."""
        return [job for each in self.supervisors for job in each.jobs.values()]

    @property
    def slots(self) -> int:
        """Return how many jobs can run at once; counts one worker while none is ready."""
        return self._slots * max(1, sum(each.model is not None for each in self.supervisors))

    @property
    def restarts(self) -> int:
        """Return how often a worker was replaced."""
        return sum(max(0, each.starts - 1) for each in self.supervisors)

    @property
    def pids(self) -> list[int]:
        """Return the process ids of the local workers."""
        workers = [each.worker for each in self.supervisors if each.worker is not None]
        return [worker.pid for worker in workers if worker.pid is not None]

    @property
    def statuses(self) -> list[WorkerStatus]:
        """Return the status of each worker.

        Left out: places that no machine has joined, troubles of a machine that has recovered, and
        duplicates.
        """
        well = {each.host for each in self.joined if each.model is not None}
        reported: set[tuple[str, Sentence | None]] = set()
        shown = []
        for each in self.supervisors:
            if each in self.joined and each.worker is None:
                trouble = (each.broken_host, each.broken)
                is_over = each.broken_host in well or (well and not each.broken_host)
                if each.broken is None or is_over or trouble in reported:
                    continue
                reported.add(trouble)
            shown.append(each)
        return [
            WorkerStatus(
                host=each.host or each.broken_host,
                is_local=each in self.local,
                is_ready=each.model is not None,
                jobs=len(each.jobs),
                starts=each.starts,
                seconds_per_second=each.pace.factor(1),
                precision=each.model.arithmetic if each.model is not None else "",
                trouble=each.broken,
            )
            for each in shown
        ]

    def _note_change(self) -> None:
        loaded = (each.model for each in self.local if each.model is not None)
        self._own_model = next(loaded, self._own_model)
        if any(each.model is not None for each in self.joined):
            # Machines can be reached: a trouble of none of them is over, also when this one leaves.
            for place in self.joined:
                place.broken = place.broken if place.broken_host else None
        self._changed()

    def supervisor_of(self, job_id: int) -> WorkerSupervisor | None:
        """Return the supervisor whose worker has a job; None if none has."""
        return next((each for each in self.supervisors if job_id in each.jobs), None)

    def pick_free(self, slots: int) -> WorkerSupervisor | None:
        """Return the ready worker that would finish one more job first; None without room.

        A worker has room while it has fewer jobs than `slots`.
        """
        ready = [each for each in self.supervisors if each.model is not None]
        free = [each for each in ready if each.has_room(slots)]
        return min(free, key=self._load_with_one_more, default=None)

    def _load_with_one_more(self, supervisor: WorkerSupervisor) -> tuple[float, int]:
        """Return a worker's load with one more job: its jobs times its work per second of sound."""
        jobs = len(supervisor.jobs) + 1
        # A worker without observations counts as fast as the average.
        factor = supervisor.pace.factor(1) or self._eta.factor(1) or 1.0
        return jobs * factor, jobs
