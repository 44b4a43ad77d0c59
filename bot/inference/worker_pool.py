"""The workers as one: what they have loaded, what they run, and which of them has room."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.status import ModelInfo
from bot.i18n.sentence import Sentence
from bot.inference.pending import PendingJob
from bot.inference.supervisor import WorkerSupervisor


class WorkerPool:
    """The supervisors of all workers."""

    def __init__(self, supervisors: Iterable[WorkerSupervisor]) -> None:
        """Take one supervisor for each worker."""
        self.supervisors = tuple(supervisors)

    @property
    def model(self) -> ModelInfo | None:
        """Return what is loaded; None while nothing is."""
        return next((each.model for each in self.supervisors if each.model is not None), None)

    @property
    def broken(self) -> Sentence | None:
        """Return why no model can be loaded, in a sentence; None where one is loaded."""
        if self.model is not None:
            return None
        return next((each.broken for each in self.supervisors if each.broken), None)

    @property
    def running(self) -> list[PendingJob]:
        """Return the jobs that workers have."""
        return [job for each in self.supervisors for job in each.jobs.values()]

    @property
    def restarts(self) -> int:
        """Return how often a worker had to be replaced."""
        return sum(max(0, each.starts - 1) for each in self.supervisors)

    @property
    def pids(self) -> list[int]:
        """Return the ids of the worker processes on this machine."""
        workers = [each.worker for each in self.supervisors if each.worker is not None]
        return [worker.pid for worker in workers if worker.pid is not None]

    def supervisor_of(self, job_id: int) -> WorkerSupervisor | None:
        """Return the supervisor whose worker has a job; None where none has."""
        return next((each for each in self.supervisors if job_id in each.jobs), None)

    def free(self, slots: int) -> WorkerSupervisor | None:
        """Return that of the ready worker with the fewest jobs; None where none has room.

        A worker has room while it has fewer jobs than `slots`.
        """
        ready = [each for each in self.supervisors if each.model is not None]
        free = [each for each in ready if each.has_room(slots)]
        return min(free, key=lambda each: len(each.jobs), default=None)
