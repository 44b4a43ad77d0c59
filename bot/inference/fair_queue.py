"""The queue: whose turn it is, fair between servers, and between the people of each.

Deficit round robin, twice: each server in turn gets credit for a quantum of sound, and is served
while the credit lasts; so does each person among those who wait on a server. A person with one
short clip does not wait for another's ten long ones, nor a small server for a large one's people.
Direct messages are together one server. A person waits in one place at a time, on the server of
their next clip: who is on fifty servers gets no more turns than others.
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
    guild_id: int | None = None
    """The server; None for direct messages."""
    alone: bool = False
    """Whether no other job runs beside it: it may be why a worker crashed."""


@dataclass(slots=True)
class _Turn:
    """What a person or a server may be given yet."""

    credit: float = 0.0
    is_served: bool = False
    """Whether this round's credit was given already."""

    def begin(self) -> None:
        """Give the credit of this round, once."""
        if not self.is_served:
            self.credit += QUANTUM_SECONDS
            self.is_served = True

    def hurry(self, seconds: float) -> None:
        """Give as much as a job needs that has been in a turn already."""
        self.credit = max(self.credit, seconds)
        self.is_served = True


@dataclass(slots=True)
class _User:
    jobs: deque[QueuedJob] = field(default_factory=deque)
    turn: _Turn = field(default_factory=_Turn)


@dataclass(slots=True)
class _Server:
    users: deque[int] = field(default_factory=deque)
    """Those whose next job is here, in their order."""
    turn: _Turn = field(default_factory=_Turn)


class FairQueue:
    """Jobs of many users, taken in a fair order. Knows no time and does nothing by itself."""

    def __init__(self) -> None:
        self._users: dict[int, _User] = {}
        self._servers: dict[int | None, _Server] = {}
        self._round: deque[int | None] = deque()
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
        if job.user_id in self._users:
            self._users[job.user_id].jobs.append(job)
        else:
            self._users[job.user_id] = _User(deque((job,)))
            self._join(job)

    def push_front(self, job: QueuedJob) -> None:
        """Put back an interrupted job: before its user's others, its user and its server first."""
        self._order = None
        if job.user_id in self._users:
            self._leave(self._users[job.user_id].jobs[0])
        user = self._users.setdefault(job.user_id, _User())
        user.jobs.appendleft(job)
        self._join(job)
        server = self._servers[job.guild_id]
        for turn in (user.turn, server.turn):
            turn.hurry(job.seconds)
        server.users.rotate(1)
        self._round.remove(job.guild_id)
        self._round.appendleft(job.guild_id)

    def take(self, running: Mapping[int, int], *, most_per_user: int) -> QueuedJob | None:
        """Take the next job; users with as many running as they may are passed over.

        A server waits for no more than a quantum and the longest job of each other, in each round,
        and a user for no more than that of each other on their server.
        """
        if self._suspects:
            self._order = None
            return self._suspects.popleft()
        ready = {user for user in self._users if running.get(user, 0) < most_per_user}
        servers = {self._users[user].jobs[0].guild_id for user in ready}
        while ready:
            for guild_id in list(self._round):
                if guild_id not in servers:
                    continue
                server = self._servers[guild_id]
                job = self._next_of(server, ready)
                server.turn.begin()
                if job.seconds <= server.turn.credit:
                    return self._take(job, server)
                # The turn is over; what was not used is kept for the next.
                server.turn.is_served = False
                self._round.remove(guild_id)
                self._round.append(guild_id)
        return None

    def remove(self, job_id: int) -> bool:
        """Take a job out of the queue; tell whether it was there."""
        for suspect in self._suspects:
            if suspect.job_id == job_id:
                self._order = None
                self._suspects.remove(suspect)
                return True
        for user in self._users.values():
            for job in user.jobs:
                if job.job_id == job_id:
                    self._order = None
                    self._remove(user, job)
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

    def _next_of(self, server: _Server, ready: set[int]) -> QueuedJob:
        """Return whose job is next on a server, of those who are ready, of whom there are some."""
        while True:
            for user_id in list(server.users):
                if user_id not in ready:
                    continue
                user = self._users[user_id]
                user.turn.begin()
                if user.jobs[0].seconds <= user.turn.credit:
                    return user.jobs[0]
                user.turn.is_served = False
                server.users.remove(user_id)
                server.users.append(user_id)

    def _take(self, job: QueuedJob, server: _Server) -> QueuedJob:
        self._order = None
        user = self._users[job.user_id]
        for turn in (user.turn, server.turn):
            turn.credit -= job.seconds
        self._remove(user, job)
        return job

    def _remove(self, user: _User, job: QueuedJob) -> None:
        """Remove a job; its user then waits where their next one is, if there is one."""
        was_next = user.jobs[0]
        user.jobs.remove(job)
        if user.jobs and user.jobs[0].guild_id == was_next.guild_id:
            return
        self._leave(was_next)
        if user.jobs:
            user.turn = _Turn()
            self._join(user.jobs[0])
        else:
            # A user without jobs saves up no credit.
            del self._users[job.user_id]

    def _join(self, job: QueuedJob) -> None:
        """Let a user wait where their next job is, after all others."""
        if job.guild_id not in self._servers:
            self._servers[job.guild_id] = _Server()
            self._round.append(job.guild_id)
        self._servers[job.guild_id].users.append(job.user_id)

    def _leave(self, job: QueuedJob) -> None:
        """Let a user wait no more where their next job was; an empty server saves up no credit."""
        server = self._servers[job.guild_id]
        server.users.remove(job.user_id)
        if not server.users:
            del self._servers[job.guild_id]
            self._round.remove(job.guild_id)
