"""Notify people of jobs that ended without a clip, with the same retries as a delivery.

One task per notice, since Discord may be unreachable for hours. A notice that was not sent before
the bot stopped is sent after the next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from weakref import WeakValueDictionary

from bot.domain.jobs import Job, JobState
from bot.i18n.sentence import Sentence
from bot.log import log_job_id
from bot.pipeline.presenter import Presenter, Undeliverable, Unreachable
from bot.pipeline.take_groups import TakeGroups
from bot.store.store import Store

log = logging.getLogger(__name__)

RETRY_SECONDS = 3600.0
"""How long after a failed notice it is sent again."""

HELD_TOO_LONG = Sentence(
    "Your clip could not be posted here, and was deleted after a day. Nothing was charged."
)

_NOTIFY_WAIT_SECONDS = 5.0
"""How long `notify` waits for the notice to be sent before it continues in the background."""


class FailureNotifier:
    """Sends failure notices; nothing is sent before `start`."""

    def __init__(self, store: Store, retry_seconds: float = RETRY_SECONDS) -> None:
        self._store, self._retry_seconds = store, retry_seconds
        self.groups = TakeGroups()
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._presenter: Presenter | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._pending: asyncio.Task[None] | None = None
        self._retrying: asyncio.Task[None] | None = None

    @property
    def in_flight(self) -> int:
        """Return how many notices are being sent."""
        return len(self._tasks) + (self._pending is not None and not self._pending.done())

    def start(self, presenter: Presenter) -> None:
        """Send the notices that a previous run left unsent; a second call replaces the presenter.

        Notices that could not be delivered are sent again every `retry_seconds`.
        """
        self._presenter = presenter
        self._pending = asyncio.create_task(self._send_pending(), name="send unsent notices")
        if self._retrying is None:
            self._retrying = asyncio.create_task(self._retry_forever(), name="retry notices")

    async def stop(self, grace_seconds: float = 0.0) -> None:
        """Cancel all tasks after a short grace period; unsent notices stay in the database."""
        if self._retrying is not None:
            self._retrying.cancel()
            await asyncio.gather(self._retrying, return_exceptions=True)
        tasks = [*self._tasks.values(), *([self._pending] if self._pending is not None else ())]
        if tasks and grace_seconds:
            await asyncio.wait(tasks, timeout=min(grace_seconds, _NOTIFY_WAIT_SECONDS))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def idle(self) -> None:
        """Wait until every notice that can be sent is sent."""
        while (self._pending is not None and not self._pending.done()) or self._tasks:
            tasks = [*self._tasks.values(), *([self._pending] if self._pending is not None else ())]
            await asyncio.wait(tasks)

    async def notify(self, job_id: int) -> None:
        """Notify a person how their job ended; return after a few seconds, sent or not.

        Takes that share a message share one notice.
        """
        job = await self._store.jobs.get(job_id)
        if job is not None and job.order.group_key is not None:
            self.groups.of(job.order.group_key).notify_all()
            job = await self._notice_job(job)
        if job is not None and job.notice_pending and self._presenter is not None:
            task = self._start_task(self._presenter, job, may_be_posted=False)
            await asyncio.wait([task], timeout=_NOTIFY_WAIT_SECONDS)

    async def _send_pending(self) -> None:
        try:
            for pending in await self._store.jobs.pending_notices():
                job = await self._notice_job(pending)
                if self._presenter is not None and job is not None:
                    self._start_task(self._presenter, job, may_be_posted=True)
        except Exception:
            log.exception("notices.failed")

    async def _notice_job(self, job: Job) -> Job | None:
        """Return the job whose notice covers this one: of takes, the first without a notice.

        None while another take of the message is unfinished: the message itself will say it.
        """
        if job.order.group_key is None:
            return job
        takes = await self._store.takes.of_group(job.order.group_key)
        if not all(take.job.state.is_final for take in takes):
            return None
        return next((take.job for take in takes if take.job.notice_pending), None)

    async def _retry_forever(self) -> None:
        while True:
            await asyncio.sleep(self._retry_seconds)
            await self._send_pending()

    def _start_task(
        self, presenter: Presenter, job: Job, *, may_be_posted: bool
    ) -> asyncio.Task[None]:
        known = self._tasks.get(job.id)
        if known is not None:
            return known
        sending = self._send(presenter, job, may_be_posted=may_be_posted)
        task = self._tasks[job.id] = asyncio.create_task(sending, name=f"notice of job {job.id}")
        task.add_done_callback(lambda _: self._tasks.pop(job.id, None))
        return task

    async def _send(self, presenter: Presenter, job: Job, *, may_be_posted: bool) -> None:
        with log_job_id(job.id):
            try:
                sentence = await self._sentence(job)
                try:
                    async with self.message_lock(job):
                        await presenter.post_failure(job, sentence, may_be_posted=may_be_posted)
                except Unreachable:
                    log.warning("job.notice_failed id=%d retried in an hour", job.id)
                    return
                except Undeliverable as reason:
                    log.warning("job.notice_undeliverable id=%d %s", job.id, reason)
                await self._record_notified(job)
            except Exception:
                log.exception("job.notice_failed id=%d", job.id)

    async def _record_notified(self, job: Job) -> None:
        if job.order.group_key is None:
            await self._store.jobs.record_notified(job.id)
        else:
            await self._store.takes.record_notified(job.order.group_key)

    def message_lock(self, job: Job) -> asyncio.Lock:
        """Return the lock of a job's message: held while it is edited, so that notices stay."""
        if job.order.group_key is not None:
            return self.groups.of(job.order.group_key).lock
        lock = self._locks.get(job.id)
        if lock is None:
            lock = self._locks[job.id] = asyncio.Lock()
        return lock

    async def _sentence(self, job: Job) -> Sentence:
        """Return the text of a notice: a held clip may have been deleted since."""
        if job.order.group_key is not None:
            takes = await self._store.takes.of_group(job.order.group_key)
            ended = [take for take in takes if take.job.notice_pending]
            sentences = {take.number: await self._sentence_of(take.job) for take in ended}
            return sentence_of_takes(sentences, len(takes))
        return await self._sentence_of(job)

    async def _sentence_of(self, job: Job) -> Sentence:
        assert job.sentence is not None
        if job.state is JobState.HELD:
            clip = await self._store.clips.of_job(job.id)
            if clip is None or clip.is_deleted:
                return HELD_TOO_LONG
        return job.sentence


def sentence_of_takes(sentences: Mapping[int, Sentence], count: int) -> Sentence:
    """Return how takes ended, by their numbers: one sentence if all `count` ended alike."""
    if len(sentences) == count and len(set(sentences.values())) == 1:
        return next(iter(sentences.values()))
    lines = [
        Sentence("Take {number}: {sentence}", number=number, sentence=sentence)
        for number, sentence in sentences.items()
    ]
    joined = lines[0]
    for line in lines[1:]:
        joined = Sentence("{before}\n{line}", before=joined, line=line)
    return joined
