"""Simulate people who ask for clips, and workers that serve them in the bot's fair order.

Time is simulated. The queue is the bot's own (`bot/inference/fair_queue.py`); a worker is its pace
and its slots.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.capacity.arithmetic import Rate
from bot.inference.fair_queue import FairQueue, QueuedJob

_NEARLY = 1e-9


@dataclass(frozen=True, slots=True)
class ClipRequest:
    """A request for a clip at a time."""

    at: float
    user_id: int
    seconds: float
    guild_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedClip:
    """A served request, with its start and end."""

    ask: ClipRequest
    begun: float
    ready: float

    @property
    def waited_seconds(self) -> float:
        """Return how long it was in the line."""
        return self.begun - self.ask.at

    @property
    def took_seconds(self) -> float:
        """Return how long its person waited for it in all."""
        return self.ready - self.ask.at


@dataclass(slots=True)
class _Running:
    ask: ClipRequest
    begun: float
    left: float


class Workers:
    """Workers of one pace each, and the line in front of them."""

    def __init__(self, rate: Rate, *, slots: int, workers: int = 1, most_per_user: int = 2) -> None:
        """Take the pace of a worker, how many clips each makes at once, and how many there are."""
        self.now = 0.0
        self._rate, self._slots, self._most = rate, slots, most_per_user
        self._line = FairQueue()
        self._waiting: dict[int, ClipRequest] = {}
        self._running: list[dict[int, _Running]] = [{} for _ in range(workers)]
        self._ids = itertools.count()

    def ask(self, ask: ClipRequest) -> None:
        """Put a clip into the line; its time must have come."""
        job_id = next(self._ids)
        self._waiting[job_id] = ask
        queued = QueuedJob(
            job_id=job_id, user_id=ask.user_id, seconds=ask.seconds, guild_id=ask.guild_id
        )
        self._line.push(queued)
        self._begin()

    @property
    def next_end(self) -> float:
        """Return when the next clip is ready if nothing else happens; infinity if none is made."""
        ends = [
            self.now + min(each.left for each in jobs.values()) * len(jobs) / self._rate(len(jobs))
            for jobs in self._running
            if jobs
        ]
        return min(ends, default=math.inf)

    def advance(self, to: float) -> list[ServedClip]:
        """Go on to a time not after the next end; return the clips that are ready then."""
        made = []
        for jobs in self._running:
            if jobs:
                done = (to - self.now) * self._rate(len(jobs)) / len(jobs)
                for job_id, job in list(jobs.items()):
                    job.left -= done
                    if job.left <= _NEARLY:
                        del jobs[job_id]
                        made.append(ServedClip(ask=job.ask, begun=job.begun, ready=to))
        self.now = to
        self._begin()
        return made

    def _begin(self) -> None:
        while len(self._line):
            jobs = min(self._running, key=len)
            if len(jobs) >= self._slots:
                return
            busy = Counter(job.ask.user_id for each in self._running for job in each.values())
            queued = self._line.take(busy, most_per_user=self._most)
            if queued is None:
                return
            ask = self._waiting.pop(queued.job_id)
            jobs[queued.job_id] = _Running(ask, self.now, ask.seconds)


def serve(workers: Workers, asks: Sequence[ClipRequest]) -> list[ServedClip]:
    """Serve what is asked for at known times, to the end."""
    made = []
    for ask in sorted(asks, key=lambda each: each.at):
        while workers.next_end <= ask.at:
            made += workers.advance(workers.next_end)
        made += workers.advance(ask.at)
        workers.ask(ask)
    while workers.next_end < math.inf:
        made += workers.advance(workers.next_end)
    return made


def serve_people(
    workers: Workers,
    people: int,
    lengths: Iterator[float],
    *,
    pause_seconds: float,
    clips: int,
    seed: int = 0,
) -> list[ServedClip]:
    """Serve people of whom each asks, gets a clip, pauses and asks again, until so many are made.

    Pauses vary exponentially; everybody begins with one. The first fifth is left out: it tells of
    the beginning.
    """
    random_pause = random.Random(seed)  # noqa: S311 - a simulation
    asking = [(random_pause.expovariate(1 / pause_seconds), user_id) for user_id in range(people)]
    heapq.heapify(asking)
    made: list[ServedClip] = []
    while len(made) < clips:
        end = workers.next_end
        if asking and asking[0][0] < end:
            at, user_id = heapq.heappop(asking)
            made += _came_back(workers.advance(at), asking, random_pause, pause_seconds)
            workers.ask(ClipRequest(at, user_id, next(lengths)))
        else:
            made += _came_back(workers.advance(end), asking, random_pause, pause_seconds)
    return made[clips // 5 :]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _came_back(
    made: list[ServedClip],
    asking: list[tuple[float, int]],
    random_pause: random.Random,
    pause_seconds: float,
) -> list[ServedClip]:
    for each in made:
        pause = random_pause.expovariate(1 / pause_seconds)
        heapq.heappush(asking, (each.ready + pause, each.ask.user_id))
    return made
