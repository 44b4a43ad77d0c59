"""The line: whose turn it is, fair between people whatever they ask for.

Deficit round robin: each person in turn gets credit for a quantum of sound, and is served while the
credit lasts. Somebody with one short clip does not wait for another's ten long ones.
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
class Waiting:
    """A job in line."""

    job_id: int
    user_id: int
    seconds: float
    alone: bool = False
    """Whether it is made with no other beside it: it may be what ended the worker before."""


@dataclass(slots=True)
class _Person:
    jobs: deque[Waiting] = field(default_factory=deque)
    credit: float = 0.0
    is_served: bool = False
    """Whether this round's credit was given already."""


class FairQueue:
    """Jobs of many people, taken in a fair order. Knows no time and does nothing by itself."""

    def __init__(self) -> None:
        self._people: dict[int, _Person] = {}
        self._round: deque[int] = deque()
        self._suspects: deque[Waiting] = deque()
        self._order: list[int] | None = None

    def __len__(self) -> int:
        return len(self._suspects) + sum(len(person.jobs) for person in self._people.values())

    @property
    def next_is_alone(self) -> bool:
        """Tell whether the next job is to be made with no other beside it."""
        return bool(self._suspects)

    def push(self, job: Waiting) -> None:
        """Put a job at the end of its person's own line; one that is made alone comes first."""
        self._order = None
        if job.alone:
            self._suspects.append(job)
            return
        self._person(job.user_id).jobs.append(job)

    def push_front(self, job: Waiting) -> None:
        """Put back a job that was interrupted: before its person's others, and its person first."""
        self._order = None
        person = self._person(job.user_id)
        person.jobs.appendleft(job)
        person.credit = max(person.credit, job.seconds)
        person.is_served = True
        self._round.remove(job.user_id)
        self._round.appendleft(job.user_id)

    def take(self, running: Mapping[int, int], *, most_per_user: int) -> Waiting | None:
        """Take the next job; people with as many running as they may are passed over.

        A person waits for no more than a quantum and the longest job of each other, in each round.
        """
        if self._suspects:
            self._order = None
            return self._suspects.popleft()
        ready = [user for user in self._round if running.get(user, 0) < most_per_user]
        while ready:
            for user_id in list(self._round):
                if user_id not in ready:
                    continue
                person = self._people[user_id]
                if not person.is_served:
                    person.credit += QUANTUM_SECONDS
                    person.is_served = True
                if person.jobs[0].seconds <= person.credit:
                    return self._taken(user_id)
                # The turn is over; what was not used is kept for the next.
                person.is_served = False
                self._round.remove(user_id)
                self._round.append(user_id)
        return None

    def remove(self, job_id: int) -> bool:
        """Take a job out of line; tell whether it was there."""
        for suspect in self._suspects:
            if suspect.job_id == job_id:
                self._order = None
                self._suspects.remove(suspect)
                return True
        for user_id, person in list(self._people.items()):
            for job in person.jobs:
                if job.job_id == job_id:
                    self._order = None
                    person.jobs.remove(job)
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

    def _person(self, user_id: int) -> _Person:
        if user_id not in self._people:
            self._people[user_id] = _Person()
            self._round.append(user_id)
        return self._people[user_id]

    def _taken(self, user_id: int) -> Waiting:
        self._order = None
        person = self._people[user_id]
        job = person.jobs.popleft()
        person.credit -= job.seconds
        self._leave_if_empty(user_id)
        return job

    def _leave_if_empty(self, user_id: int) -> None:
        # Credit is not saved up by those who are not there.
        if not self._people[user_id].jobs:
            del self._people[user_id]
            self._round.remove(user_id)
