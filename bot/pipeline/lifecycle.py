"""Run one job through its states: generate, store, deliver, settle.

Whatever fails, a job ends with one clip or one sentence. Knows no Discord: people see it through a
`Presenter`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable
from dataclasses import replace

from bot import failpoints
from bot.audio.files import post
from bot.audio.files.clip_file import read_clip_codes
from bot.audio.files.masters import read_master
from bot.audio.notation import Notation
from bot.domain.clips import Clip
from bot.domain.jobs import Job, JobState, UploadSource
from bot.errors import Cancelled, OutputError, ZhiyinError
from bot.inference.executor import Executor
from bot.pipeline.failure_notices import FailureNotifier
from bot.pipeline.failure_sentences import HELD, INTERRUPTED, UNDELIVERABLE, UNEXPECTED
from bot.pipeline.generation import ClipGenerator
from bot.pipeline.jam_turns import people_in
from bot.pipeline.packaging import pack_clip
from bot.pipeline.presenter import Presenter, TooLarge, Undeliverable
from bot.pipeline.take_delivery import TakeDelivery
from bot.pipeline.timings import Timings
from bot.pipeline.uploads import UploadIntake
from bot.store.jobs import IllegalStep
from bot.store.store import Store

log = logging.getLogger(__name__)

MAX_DELIVERIES = 5
"""How often the delivery of a clip is tried after unexpected errors before the clip is held."""
MAX_INTERRUPTIONS = 5
"""How often the bot's process may end at a job before a start gives the job up.

A clip that crashes it would do so at every start. More than a worker's attempts, since most of its
ends have another cause.
"""


class JobRunner:
    """Runs jobs: generate, store, deliver, settle."""

    def __init__(
        self,
        store: Store,
        executor: Executor,
        presenter: Presenter,
        notifier: FailureNotifier,
        uploads: UploadIntake,
        style: post.Style,
        timings: Timings,
        notation: Notation | None = None,
    ) -> None:
        self.store, self.executor, self.presenter = store, executor, presenter
        self.notifier, self.uploads = notifier, uploads
        self.style, self.timings = style, timings
        self.generator = ClipGenerator(store, executor, notation)
        self.takes = TakeDelivery(store, executor, presenter, notifier, style)
        self._failed_deliveries: Counter[int] = Counter()

    async def run(self, job: Job, first: bool) -> None:
        """Run a job to its end; `first` queues it before the waiting jobs.

        Raises what went wrong if another run may deliver the clip, which is recorded by then.
        """
        if job.interruptions >= MAX_INTERRUPTIONS:
            await self._give_up(job)
            return
        generated = asyncio.Event()
        watching = asyncio.create_task(self._watch(job, generated), name=f"progress of {job.id}")
        try:
            try:
                clip = await self.generator.generate(job, first=first)
            finally:
                # Let a progress edit in flight finish: arriving later it would overwrite the clip.
                generated.set()
                await asyncio.gather(watching, return_exceptions=True)
            if job.order.group_key is None:
                await self._deliver(job, clip)
            else:
                await self.takes.deliver(job)
        except Cancelled as cancelled:
            await self._end(job, self.store.jobs.cancel(job.id, cancelled.sentence))
        except ZhiyinError as error:
            await self._end(job, self.store.jobs.fail(job.id, error.sentence))
        except Undeliverable as reason:
            log.warning("job.held id=%d %s", job.id, reason)
            await self._end(job, self.store.jobs.hold(job.id, HELD))
        except Exception as error:
            if not await self._end_after(error, job):
                raise
        finally:
            watching.cancel()
        self._failed_deliveries.pop(job.id, None)
        await self._forget_upload(job)

    async def _give_up(self, job: Job) -> None:
        """End a job at which the process ended again and again; a clip that it has is kept."""
        log.error("job.given_up id=%d interruptions=%d", job.id, job.interruptions)
        if await self.store.clips.of_job(job.id) is None:
            await self._end(job, self.store.jobs.fail(job.id, INTERRUPTED))
        else:
            await self._hold(job)
        await self._forget_upload(job)

    async def _deliver(self, job: Job, clip: Clip) -> None:
        """Post the clip, in a smaller file as long as it is too large, then settle the quota."""
        may_be_posted = job.state is JobState.DELIVERING
        await self.store.jobs.begin_delivery(job.id)
        current = await self.store.jobs.get(job.id)
        assert current is not None
        path = self.store.clips_folder / clip.file
        sound = await asyncio.to_thread(read_master, path)
        codes = await asyncio.to_thread(read_clip_codes, path) if clip.stems else None
        people = await people_in(self.store, clip)
        max_bytes = self.presenter.max_bytes(job)
        while True:
            packed = await asyncio.to_thread(
                pack_clip, clip, sound, max_bytes, self.style, codes, people
            )
            await failpoints.reached("clip.unposted")
            try:
                message_id = await self.presenter.post(
                    current, clip, packed, may_be_posted=may_be_posted
                )
                break
            except TooLarge:
                max_bytes = min(max_bytes, len(packed.data)) // 2
                if max_bytes < post.SMALLEST_BYTES:
                    raise OutputError(UNDELIVERABLE) from None
        await failpoints.reached("clip.posted")
        await self.store.clips.set_message(clip.id, message_id)
        await self.store.jobs.finish_delivery(job.id, message_id)
        log.info("job.delivered id=%d clip=%d", job.id, clip.id)
        await failpoints.reached("job.delivered")
        await self.presenter.follow_up(current, replace(clip, message_id=message_id))

    async def _watch(self, job: Job, generated: asyncio.Event) -> None:
        """Show the progress of a job every few seconds until it is generated."""
        pause_seconds = self.timings.first_shown_seconds
        while not await _wait_for(generated, pause_seconds):
            pause_seconds = self.timings.show_every_seconds
            try:
                goes_on = await self._show(job)
            except Exception:
                log.exception("job.not_shown id=%d", job.id)
                continue
            if not goes_on:
                # It was cancelled before it reached the queue; its message says so already.
                self.executor.cancel(job.id)
                return

    async def _show(self, job: Job) -> bool:
        """Show the progress of a job; return whether it goes on."""
        if job.order.group_key is not None:
            current = await self.store.jobs.get(job.id)
            if current is None or current.state.is_final:
                return False
            await self.takes.show(current)
            return True
        # Where it ends meanwhile, its notice comes after this.
        async with self.notifier.message_lock(job):
            current = await self.store.jobs.get(job.id)
            if current is None or current.state.is_final:
                return False
            progress = self.executor.progress(job.id)
            if progress is not None:
                await self.presenter.show(current, progress)
            return True

    async def _end(self, job: Job, settled: Awaitable[bool]) -> None:
        """Refund first, then notify; if the job had ended already, it was notified already."""
        if await settled:
            log.info("job.ended id=%d without a clip", job.id)
            await self.notifier.notify(job.id)

    async def _end_after(self, error: Exception, job: Job) -> bool:
        """End a job after an unexpected error; return False if it is to be run again.

        A recorded clip is not lost: it is delivered again, and after several failures held.
        """
        current = await self.store.jobs.get(job.id)
        if current is None or current.state.is_final:
            if isinstance(error, IllegalStep):
                # Whatever ended it has notified the person.
                log.info("job.ended_already id=%d", job.id)
            else:
                log.error("job.failed_after_end id=%d", job.id, exc_info=error)
            return True
        is_recorded = current.state in (JobState.RENDERED, JobState.DELIVERING)
        if not is_recorded or await self.store.clips.of_job(job.id) is None:
            log.error("job.failed id=%d", job.id, exc_info=error)
            await self._end(job, self.store.jobs.fail(job.id, UNEXPECTED))
            return True
        self._failed_deliveries[job.id] += 1
        if self._failed_deliveries[job.id] < MAX_DELIVERIES:
            return False
        log.error("job.held id=%d", job.id, exc_info=error)
        await self._hold(job)
        return True

    async def _hold(self, job: Job) -> None:
        if job.order.group_key is None:
            await self._end(job, self.store.jobs.hold(job.id, HELD))
        else:
            await self._end(job, self.takes.hold(job))

    async def _forget_upload(self, job: Job) -> None:
        source = job.order.source
        if isinstance(source, UploadSource):
            await self.uploads.discard(source.file)


async def _wait_for(event: asyncio.Event, within_seconds: float) -> bool:
    """Wait for an event for at most `within_seconds`; return whether it was set."""
    try:
        async with asyncio.timeout(within_seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
