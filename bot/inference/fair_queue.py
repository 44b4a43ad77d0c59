"""The job queue: deficit round robin between servers, and between the people of each server.

Each server in turn is credited a quantum of seconds and served while its credit lasts; so is each
person within a server. So a short clip does not wait behind another person's ten long ones, nor a
small server behind a large one. Direct messages count as one server. A person waits in one place at
a time, on the server of their next clip, so being on many servers gives no extra turns. Source:
Shreedhar and Varghese, Efficient fair queuing using deficit round-robin, 1995.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

QUANTUM_SECONDS = 10.0
"""The credit of a round, in seconds of sound: the usual length of a clip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedJob:
    """A job in the queue; `seconds` is its cost."""

    job_id: int
    user_id: int
    seconds: float
    guild_id: int | None = None
    """The server; None for direct messages."""
    alone: bool = False
    """Whether it must run alone: it is suspected of crashing a worker."""


@dataclass(slots=True)
class _Deficit:
    """The deficit counter of a person or a server."""

    credit: float = 0.0
    is_served: bool = False
    """Whether the credit of this round was added already."""

    def begin(self) -> None:
        """Add the credit of this round, once per round."""
        if not self.is_served:
            self.credit += QUANTUM_SECONDS
            self.is_served = True

    def raise_to(self, seconds: float) -> None:
        """Raise the credit to the cost of a job that had its turn before and was interrupted."""
        self.credit = max(self.credit, seconds)
        self.is_served = True


@dataclass(slots=True)
class _User:
    jobs: deque[QueuedJob] = field(default_factory=deque)
    turn: _Deficit = field(default_factory=_Deficit)


@dataclass(slots=True)
class _Server:
    users: deque[int] = field(default_factory=deque)
    """The people whose next job is on this server, in round robin order."""
    turn: _Deficit = field(default_factory=_Deficit)


class FairQueue:
    """The jobs of many users, taken in a fair order; pure data structure without a clock."""

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
        """Return whether the next job must run alone."""
        return bool(self._suspects)

    def push(self, job: QueuedJob) -> None:
        """Append a job to its user's queue; one that must run alone goes before everything."""
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
        """Put an interrupted job back: its user, its server and the job itself come first."""
        self._order = None
        if job.user_id in self._users:
            self._leave(self._users[job.user_id].jobs[0])
        user = self._users.setdefault(job.user_id, _User())
        user.jobs.appendleft(job)
        self._join(job)
        server = self._servers[job.guild_id]
        for turn in (user.turn, server.turn):
            turn.raise_to(job.seconds)
        server.users.rotate(1)
        self._round.remove(job.guild_id)
        self._round.appendleft(job.guild_id)

    def take(self, running: Mapping[int, int], *, most_per_user: int) -> QueuedJob | None:
        """Remove and return the next job; users with `most_per_user` running jobs are skipped.

        Per round, a server waits for at most a quantum and the longest job of each other server,
        and a user for at most that of each other user of their server.
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
                # The turn is over; unused credit is kept for the next round.
                server.turn.is_served = False
                self._round.remove(guild_id)
                self._round.append(guild_id)
        return None

    def remove(self, job_id: int) -> bool:
        """Remove a job; return whether it was in the queue."""
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
        """Return the ids of all jobs in the order in which they would be taken now."""
        if self._order is None:
            rest = copy.deepcopy(self)
            taken = []
            while (job := rest.take({}, most_per_user=1)) is not None:
                taken.append(job.job_id)
            self._order = taken
        return self._order

    def _next_of(self, server: _Server, ready: set[int]) -> QueuedJob:
        """Return the user whose job is next on a server, of those who are `ready`."""
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
        """Remove a job; its user then waits on the server of their next job, if any."""
        was_next = user.jobs[0]
        user.jobs.remove(job)
        if user.jobs and user.jobs[0].guild_id == was_next.guild_id:
            return
        self._leave(was_next)
        if user.jobs:
            user.turn = _Deficit()
            self._join(user.jobs[0])
        else:
            # A user without jobs accumulates no credit.
            del self._users[job.user_id]

    def _join(self, job: QueuedJob) -> None:
        """Append a user to the round of the server of their next job."""
        if job.guild_id not in self._servers:
            self._servers[job.guild_id] = _Server()
            self._round.append(job.guild_id)
        self._servers[job.guild_id].users.append(job.user_id)

    def _leave(self, job: QueuedJob) -> None:
        """Remove a user from a server's round; an empty server accumulates no credit."""
        server = self._servers[job.guild_id]
        server.users.remove(job.user_id)
        if not server.users:
            del self._servers[job.guild_id]
            self._round.remove(job.guild_id)
