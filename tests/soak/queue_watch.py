"""The bot's queue in a soak: it logs its changes, and the log is checked for fairness.

Fairness is that of deficit round robin, as in `tests.inference.test_fair_queue`: while a clip is
the first of its person in the queue, every other person gets less than a quantum a round and their
longest clip. It applies to new clips; interrupted ones go first and were counted before.
"""

from __future__ import annotations

import copy
import logging
import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from bot.inference.fair_queue import QUANTUM_SECONDS, FairQueue

log = logging.getLogger(__name__)

_EVENT = re.compile(
    r"(?P<at>[\d.]+) INFO line\.(?P<what>\w+)(?: job=(?P<job>\d+) user=(?P<user>\d+)"
    r" seconds=(?P<seconds>\S+))?(?: held_back=\[(?P<held_back>[\d, ]*)\])?"
)


def promised_seconds(own_seconds, longest_seconds):
    """Return the most that any other person may get before a clip that is its person's next."""
    return math.ceil(own_seconds / QUANTUM_SECONDS) * QUANTUM_SECONDS + longest_seconds


class LoggedQueue(FairQueue):
    """A queue that logs every job that is added, taken or removed."""

    def __init__(self):
        super().__init__()
        log.info("line.opened")

    def __deepcopy__(self, memo):
        # The order is computed on a copy, which must not log.
        plain = FairQueue()
        plain.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return plain

    def push(self, job):
        super().push(job)
        _log("alone" if job.alone else "put", job)

    def push_front(self, job):
        super().push_front(job)
        _log("front", job)

    def take(self, running, *, most_per_user):
        job = super().take(running, most_per_user=most_per_user)
        if job is not None:
            _log("taken", job, [user for user, count in running.items() if count >= most_per_user])
        return job

    def remove(self, job_id):
        is_removed = super().remove(job_id)
        if is_removed:
            log.info("line.left job=%d user=0 seconds=0", job_id)
        return is_removed


def _log(what, job, held_back=()):
    log.info(
        "line.%s job=%d user=%d seconds=%r held_back=%s",
        what, job.job_id, job.user_id, job.seconds, list(held_back),
    )  # fmt: skip


@dataclass
class QueuedClip:
    """A queued clip, and what others got while it was the first of its person."""

    job_id: int
    user_id: int
    seconds: float
    since: float
    is_new: bool = True
    given: Counter[int] = field(default_factory=Counter)


@dataclass
class Waits:
    """How long people waited, and how fair the order was."""

    longest_seconds: float = 0.0
    """From when a clip is queued to when it is taken."""
    given_seconds: float = 0.0
    """The most, over all clips, that one other person got before a clip; seconds of sound."""
    promised_seconds: float = 0.0
    """The limit that was promised for that clip."""
    taken: int = 0
    broken: list[str] = field(default_factory=list)


def waits(lines):
    """Return what the log says of the queue, over all runs of the bot."""
    events = [event.groupdict() for line in lines if (event := _EVENT.match(line))]
    longest = max((float(each["seconds"]) for each in events if each["seconds"]), default=0.0)
    people: defaultdict[int, list[QueuedClip]] = defaultdict(list)
    found = Waits()
    for each in events:
        if each["what"] == "opened":
            people.clear()
            continue
        place = QueuedClip(
            int(each["job"]), int(each["user"]), float(each["seconds"]), float(each["at"]),
            is_new=each["what"] == "put",
        )  # fmt: skip
        match each["what"]:
            case "put":
                people[place.user_id].append(place)
            case "front":
                for other in people[place.user_id]:
                    other.given.clear()
                people[place.user_id].insert(0, place)
            case "left":
                for own in people.values():
                    own[:] = [other for other in own if other.job_id != place.job_id]
            case "taken":
                held_back = {int(user) for user in re.findall(r"\d+", each["held_back"])}
                _taken(place, people, held_back, longest, found)
    return found


def _taken(place, people, held_back, longest, found):
    """Count a job for its person, and for everybody else whose next clip was waiting."""
    own = people[place.user_id]
    first = next((other for other in own if other.job_id == place.job_id), None)
    if first is None:
        return  # generated alone: it is in no person's queue
    own.remove(first)
    if not first.is_new:
        return
    found.taken += 1
    found.longest_seconds = max(found.longest_seconds, place.since - first.since)
    promised = promised_seconds(first.seconds, longest)
    given = max(first.given.values(), default=0.0)
    if given >= found.given_seconds:
        found.given_seconds, found.promised_seconds = given, promised
    if given >= promised:
        found.broken.append(
            f"{given:g} s were given to one other before job {first.job_id}, not less than "
            f"{promised:g} s"
        )
    for user, others in people.items():
        if user != place.user_id and others and user not in held_back:
            others[0].given[place.user_id] += place.seconds
