"""Queue, ledger and worker together, driven at random: the ledger always balances.

Every step is done by the real store with its real SQLite and by a model of a few lines, and the
two must agree after it. What people do with clips is in `clip_rules`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from bot.domain.jobs import JobState, MessageHandle
from bot.domain.limits import Limits
from bot.errors import Refused
from bot.i18n.sentence import Sentence
from bot.inference.fair_queue import FairQueue, QueuedJob
from bot.store.new_clips import NewClip
from bot.store.store import open_store
from tests.pipeline.clip_rules import GUILD, USERS, ClipRecord, ClipRules
from tests.store.test_personal_data import exported

DAILY_SECONDS = 100.0
LIMITS = Limits(daily_seconds=DAILY_SECONDS, waiting_per_user=3, waiting_per_guild=6, waiting=7)
SLOTS = 2
MAX_ATTEMPTS = 2
WORDS = Sentence("Nothing was charged.")


@dataclasses.dataclass
class JobRecord:
    """The model's record of a job."""

    user: int
    seconds: float
    state: JobState = JobState.QUEUED
    attempts: int = 0
    day: int = 0
    given_back: bool = False
    group_key: str | None = None
    battle_id: int | None = None
    clip: ClipRecord | None = None


class JamMachine(ClipRules):
    """People order, cancel and reset; workers succeed, fail and die; the bot dies; days pass."""

    limits = LIMITS

    def __init__(self):
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="zhiyin-test-"))
        self.now = 1_700_000_000.0
        self.records: dict[int, JobRecord] = {}
        self.queue = FairQueue()
        self.orders = 0
        self._open()

    def _run(self, work):
        return self.loop.run_until_complete(work)

    def _open(self):
        self.stack = AsyncExitStack()
        self.store = self._run(
            self.stack.enter_async_context(open_store(self.folder, lambda: self.now))
        )

    def teardown(self):
        self._run(self.stack.aclose())
        self.loop.close()
        shutil.rmtree(self.folder)

    def _day(self):
        return int(self.now // 86_400)

    def _of(self, *states):
        return [id_ for id_, record in self.records.items() if record.state in states]

    def _unfinished(self, user=None):
        return [
            record
            for record in self.records.values()
            if not record.state.is_final and user in (None, record.user)
        ]

    def _used(self, user):
        counted = [
            record.seconds
            for record in self.records.values()
            if record.user == user
            and record.day == self._day()
            and not record.given_back
            and record.state not in (JobState.FAILED, JobState.CANCELLED, JobState.HELD)
        ]
        return sum(counted)

    # What people do.

    @rule(user=st.sampled_from(USERS), seconds=st.sampled_from([1.0, 10.0, 30.0, 60.0]))
    def order(self, user, seconds):
        self._accept(self._order(user, seconds))

    def _fits(self, user, seconds, *, more=0):
        """Whether an order is accepted, after this many more of the same length."""
        return (
            self._used(user) + (more + 1) * seconds <= DAILY_SECONDS
            and len(self._unfinished(user)) + more < LIMITS.waiting_per_user
            and len(self._unfinished()) + more < min(LIMITS.waiting, LIMITS.waiting_per_guild)
        )

    def _accept(self, order, *, may=True):
        """Order; the order is accepted exactly if it fits and is allowed."""
        fits = may and self._fits(order.origin.user_id, order.seconds)
        try:
            job = self._run(
                self.store.jobs.accept(order, LIMITS, MessageHandle(message_id=self.orders))
            )
        except Refused:
            assert not fits
            return
        assert fits
        self._take_in(job)
        again = self._run(self.store.jobs.accept(order, LIMITS, MessageHandle()))
        assert again.id == job.id

    def _take_in(self, job):
        """Record an accepted job in the model, and queue it."""
        order = job.order
        self.records[job.id] = JobRecord(
            order.origin.user_id,
            order.seconds,
            day=self._day(),
            group_key=order.group_key,
            battle_id=order.battle_id,
        )
        self._put(job.id)

    def _put(self, id_, *, alone=False):
        record = self.records[id_]
        # Free jobs take time, too.
        seconds = record.seconds or 1.0
        self.queue.push(QueuedJob(job_id=id_, user_id=record.user, seconds=seconds, alone=alone))

    @precondition(lambda self: self._of(JobState.QUEUED, JobState.RUNNING))
    @rule(data=st.data())
    def cancel(self, data):
        id_ = data.draw(st.sampled_from(self._of(JobState.QUEUED, JobState.RUNNING)))
        self.queue.remove(id_)
        assert self._run(self.store.jobs.cancel(id_, WORDS))
        self.records[id_].state = JobState.CANCELLED

    @rule(user=st.sampled_from(USERS))
    def give_back(self, user):
        """A manager resets a person's quota."""
        used = self._used(user)
        assert self._run(self.store.ledger.reset(user, GUILD)) == used
        # Everything reserved today, however it ends.
        for record in self.records.values():
            if record.user == user and record.day == self._day():
                record.given_back = True

    @rule(user=st.sampled_from(USERS))
    def forget(self, user):
        """A person asks for erasure; their running jobs are erased whole or not yet."""
        files = self._run(self.store.privacy.forget(user))
        assert (files is None) == bool(self._unfinished(user))
        if files is not None:
            left = self._run(exported(self.store, user))
            assert left["clips"] == []
            assert not any(order["prompt"] for order in left["orders"])
            self.forget_clips_of(user)

    @rule()
    def sweep(self):
        self._run(self.store.privacy.delete_past_entries())

    # What workers do.

    @precondition(lambda self: len(self.queue) > 0)
    @rule()
    def take(self):
        running = self._of(JobState.RUNNING)
        if len(running) >= SLOTS:
            return
        busy = {user: 0 for user in USERS}
        for id_ in running:
            busy[self.records[id_].user] += 1
        expected = self.queue.order()
        taken = self.queue.take(busy, most_per_user=1)
        if taken is None:
            assert all(busy[self.records[id_].user] >= 1 for id_ in expected)
            return
        job = self._run(self.store.jobs.start(taken.job_id))
        record = self.records[taken.job_id]
        record.state = JobState.RUNNING
        assert job.attempts == record.attempts

    @precondition(lambda self: self._of(JobState.RUNNING))
    @rule(data=st.data())
    def render(self, data):
        self._render(data.draw(st.sampled_from(self._of(JobState.RUNNING))))

    def _render(self, id_):
        job = self._run(self.store.jobs.get(id_))
        order = job.order
        clip = NewClip(
            job_id=id_, origin=order.origin, kind=order.kind, prompt=order.prompt,
            seconds=order.seconds, seconds_before=0.0, seed=order.seed, sampling=order.sampling,
            model="m", file=f"{id_}.flac", parent_ids=order.parent_ids, made_in_seconds=1.0,
        )  # fmt: skip
        made = self._run(self.store.jobs.record_clip(id_, clip))
        record = self.records[id_]
        record.state, record.clip = JobState.RENDERED, ClipRecord(made.id)

    @precondition(lambda self: self._unfinished())
    @rule()
    def make_all(self):
        """All workers succeed, with nothing in between."""
        while self._unfinished():
            for _ in range(SLOTS):
                self.take()
            for id_ in self._of(JobState.RUNNING):
                self._render(id_)
            for id_ in self._of(JobState.RENDERED, JobState.DELIVERING):
                # Jobs that share a message are delivered with the first of them.
                if not self.records[id_].state.is_final:
                    self._deliver(id_, "delivered")

    @precondition(lambda self: self._of(JobState.RUNNING))
    @rule()
    def worker_dies(self):
        for id_ in self._of(JobState.RUNNING):
            record = self.records[id_]
            if record.attempts + 1 >= MAX_ATTEMPTS:
                assert self._run(self.store.jobs.fail(id_, Sentence("twice")))
                record.state = JobState.FAILED
                continue
            self._run(self.store.jobs.requeue(id_, spend_attempt=True))
            record.state, record.attempts = JobState.QUEUED, record.attempts + 1
            self._put(id_, alone=True)

    # What becomes of clips.

    @precondition(lambda self: self._of(JobState.RENDERED, JobState.DELIVERING))
    @rule(data=st.data(), end=st.sampled_from(["delivered", "held", "begun"]))
    def deliver(self, data, end):
        id_ = data.draw(st.sampled_from(self._of(JobState.RENDERED, JobState.DELIVERING)))
        self._deliver(id_, end)

    def _deliver(self, id_, end):
        if self.records[id_].group_key is not None:
            self._deliver_takes(self.records[id_].group_key, end)
            return
        self._run(self.store.jobs.begin_delivery(id_))
        self.records[id_].state = JobState.DELIVERING
        assert not self._run(self.store.jobs.cancel(id_, WORDS))
        if end == "delivered":
            self._run(self.store.jobs.finish_delivery(id_, 1000 + id_))
            self.records[id_].state = JobState.DELIVERED
        elif end == "held":
            assert self._run(self.store.jobs.hold(id_, WORDS))
            self.records[id_].state = JobState.HELD

    def _deliver_takes(self, group_key, end):
        """Finished takes are delivered in one message once none is being generated."""
        of_group = {
            id_: record for id_, record in self.records.items() if record.group_key == group_key
        }
        if any(record.state in (JobState.QUEUED, JobState.RUNNING) for record in of_group.values()):
            return
        ready = [id_ for id_, record in of_group.items() if not record.state.is_final]
        self._run(self.store.takes.begin_delivery(ready))
        if end == "delivered":
            self._run(self.store.takes.finish_delivery(group_key, ready, 1000 + min(of_group)))
        elif end == "held":
            assert all([self._run(self.store.jobs.hold(id_, WORDS)) for id_ in ready])
        states = {"delivered": JobState.DELIVERED, "held": JobState.HELD}
        for id_ in ready:
            self.records[id_].state = states.get(end, JobState.DELIVERING)

    # What nobody wants.

    @rule()
    def the_bot_is_killed(self):
        """All memory is lost: the queue is rebuilt from the table."""
        self._run(self.stack.aclose())
        self._open()
        self.queue = FairQueue()
        for job in self._run(self.store.jobs.unfinished()):
            record = self.records[job.id]
            self._run(self.store.jobs.interrupt(job.id))
            if job.state is JobState.RUNNING:
                record.state = JobState.QUEUED
            if record.state is JobState.QUEUED:
                self._put(job.id)

    @rule(seconds=st.sampled_from([60.0, 3600.0, 86_400.0]))
    def time_passes(self, seconds):
        self.now += seconds

    # Invariants.

    @invariant()
    def the_books_are_right(self):
        assert self._run(self.store.check()) == []
        for user in USERS:
            quota = self._run(self.store.ledger.quota(user, DAILY_SECONDS))
            assert quota.used_seconds == self._used(user)
            assert quota.used_seconds <= DAILY_SECONDS

    @invariant()
    def the_table_is_the_queue(self):
        unfinished = self._run(self.store.jobs.unfinished())
        assert {job.id: job.state for job in unfinished} == {
            id_: record.state for id_, record in self.records.items() if not record.state.is_final
        }
        waiting = set(self.queue.order())
        assert waiting == set(self._of(JobState.QUEUED))
        assert len(self._unfinished()) <= LIMITS.waiting


JamMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=40)
TestJam = JamMachine.TestCase
