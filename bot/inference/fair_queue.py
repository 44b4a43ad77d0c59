"""The queue: whose turn it is, fair between users whatever they ask for.

Deficit round robin: each user in turn gets credit for a quantum of sound, and is served while the
credit lasts. A user with one short clip does not wait for another's ten long ones.
Source: Shreedhar and Varghese, Efficient fair queuing using deficit round-robin, 1995.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

QUANTUM_SECONDS = 10.0
"""The credit of a turn: the usual length of a clip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedJob:
    """A job in the queue."""

    job_id: int
    user_id: int
    seconds: float
    alone: bool = False
    """Whether no other job runs beside it: it may be why a worker crashed."""


@dataclass(slots=True)
class _User:
    jobs: deque[QueuedJob] = field(default_factory=deque)
    credit: float = 0.0
    is_served: bool = False
    """Whether this round's credit was given already."""


class FairQueue:
    """Jobs of many users, taken in a fair order. Knows no time and does nothing by itself."""

    def __init__(self) -> None:
        self._users: dict[int, _User] = {}
        self._round: deque[int] = deque()
        self._suspects: deque[QueuedJob] = deque()
        self._order: list[int] | None = None

    def __len__(self) -> int:
        return len(self._suspects) + sum(len(user.jobs) for user in self._users.values())

    @property
    def next_is_alone(self) -> bool:
        """Tell whether no other job may run beside the next one."""
        return bool(self._suspects)

    def push(self, job: QueuedJob) -> None:
        """Put a job at the end of its user's own queue; one that runs alone comes first."""
        self._order = None
        if job.alone:
            self._suspects.append(job)
            return
        self._user(job.user_id).jobs.append(job)

    def push_front(self, job: QueuedJob) -> None:
        """Put back an interrupted job: before its user's others, and its user first."""
        self._order = None
        user = self._user(job.user_id)
        user.jobs.appendleft(job)
        user.credit = max(user.credit, job.seconds)
        user.is_served = True
        self._round.remove(job.user_id)
        self._round.appendleft(job.user_id)

    def take(self, running: Mapping[int, int], *, most_per_user: int) -> QueuedJob | None:
        """Take the next job; users with as many running as they may are passed over.

        A user waits for no more than a quantum and the longest job of each other, in each round.
        """
        if self._suspects:
            self._order = None
            return self._suspects.popleft()
        ready = [user for user in self._round if running.get(user, 0) < most_per_user]
        while ready:
            for user_id in list(self._round):
                if user_id not in ready:
                    continue
                user = self._users[user_id]
                if not user.is_served:
                    user.credit += QUANTUM_SECONDS
                    user.is_served = True
                if user.jobs[0].seconds <= user.credit:
                    return self._take_from(user_id)
                # The turn is over; what was not used is kept for the next.
                user.is_served = False
                self._round.remove(user_id)
                self._round.append(user_id)
        return None

    def remove(self, job_id: int) -> bool:
        """Take a job out of the queue; tell whether it was there."""
        for suspect in self._suspects:
            if suspect.job_id == job_id:
                self._order = None
                self._suspects.remove(suspect)
                return True
        for user_id, user in list(self._users.items()):
            for job in user.jobs:
                if job.job_id == job_id:
                    self._order = None
                    user.jobs.remove(job)
                    self._leave_if_empty(user_id)
                    return True
        return False

    def order(self) -> list[int]:
        """Return the ids of all jobs as they will be taken if nothing changes."""
        if self._order is None:
            rest = copy.deepcopy(self)
            taken = []
            while (job := rest.take({}, most_per_user=1)) is not None:
                taken.append(job.job_id)
            self._order = taken
        return self._order

    def _user(self, user_id: int) -> _User:
        if user_id not in self._users:
            self._users[user_id] = _User()
            self._round.append(user_id)
        return self._users[user_id]

    def _take_from(self, user_id: int) -> QueuedJob:
        self._order = None
        user = self._users[user_id]
        job = user.jobs.popleft()
        user.credit -= job.seconds
        self._leave_if_empty(user_id)
        return job

    def _leave_if_empty(self, user_id: int) -> None:
        # A user without jobs saves up no credit.
        if not self._users[user_id].jobs:
            del self._users[user_id]
            self._round.remove(user_id)
