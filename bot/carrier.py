"""Carries one job to its end: made, kept on disk, delivered, settled; whatever comes.

A job ends in one clip or one honest sentence. Knows no Discord: what people see is a `Surface`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

from bot.audio import posting
from bot.errors import Cancelled, JobError, OutputError, ZhiyinError
from bot.inference.executor import Executor
from bot.inference.run import NotToBlame, Rendered, WorkerLost
from bot.jobs import GenerationRequest
from bot.listening import Heard, joined, listened, new_part
from bot.orders import Clip, Job, JobState, ModelInfo, Source
from bot.store.clips import NewClip
from bot.store.store import Store
from bot.surface import Surface, TooLarge, Undeliverable, packed

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 2
FIRST_SHOWN_SECONDS = 0.5
SHOW_EVERY_SECONDS = 3.0

WORKER_LOST = (
    "The music engine stopped twice while it made this clip, so it was given up. "
    "Nothing was charged."
)
UNEXPECTED = "Something went wrong here and this clip could not be made. Nothing was charged."
BLOCKED_MEANWHILE = "You can't make music on this server any more. Nothing was charged."
SOURCE_DELETED = "The clip to go on from was deleted. Nothing was charged."
UNDELIVERABLE = "The clip could not be posted here. Nothing was charged."
HELD = "The clip is there but could not be posted here. `/history` keeps it for a day, for free."


class Carrier:
    """What a job needs on its way."""

    def __init__(self, store: Store, executor: Executor, surface: Surface) -> None:
        self.store, self.executor, self.surface = store, executor, surface

    async def carry(self, job: Job, *, first: bool) -> None:
        """Bring a job to its end; `first` puts it before those that wait."""
        arrived = asyncio.Event()
        watching = asyncio.create_task(self._watch(job, arrived), name=f"progress of {job.id}")
        try:
            try:
                clip = await self._made(job, first=first)
            finally:
                # What is being shown is shown first: later it would cover the clip.
                arrived.set()
                await asyncio.gather(watching, return_exceptions=True)
            await self._deliver(job, clip)
        except Cancelled as cancelled:
            await self._end(job, self.store.jobs.cancelled(job.id), cancelled.sentence)
        except ZhiyinError as error:
            await self._end(job, self.store.jobs.failed(job.id, error.sentence), error.sentence)
        except Undeliverable as reason:
            log.warning("job.held id=%d %s", job.id, reason)
            await self.store.jobs.held(job.id)
            await self.surface.tell(job, HELD)
        except Exception:
            log.exception("job.failed id=%d", job.id)
            await self._end(job, self.store.jobs.failed(job.id, UNEXPECTED), UNEXPECTED)
        finally:
            watching.cancel()
        await self._forget_upload(job)

    async def _made(self, job: Job, *, first: bool) -> Clip:
        """Return the job's clip: made now, or found on disk if a run before this one made it."""
        if job.state in (JobState.RENDERED, JobState.DELIVERING):
            clip = await self.store.clips.of_job(job.id)
            if clip is not None:
                return clip
        # What was there when a worker ended may be why: the second time it is made alone, so that
        # it takes nobody with it.
        alone = job.attempts > 0
        while True:
            run = self.executor.submit(
                job.id,
                job.order.place.user_id,
                job.order.seconds,
                lambda: self._prepared(job),
                front=first,
                alone=alone,
            )
            try:
                return await self._kept(job, await run.result())
            except WorkerLost as lost:
                current = await self.store.jobs.get(job.id)
                # Whoever was made beside a clip that had to be stopped by force is not to blame.
                to_blame = not isinstance(lost, NotToBlame)
                if current is None or (to_blame and current.attempts >= MAX_ATTEMPTS):
                    raise JobError(WORKER_LOST) from lost
                log.warning("job.again id=%d", job.id)
                if current.state is JobState.RUNNING:
                    await self.store.jobs.requeue(job.id, spend_attempt=to_blame)
                first, alone = True, alone or to_blame

    async def _prepared(self, job: Job) -> GenerationRequest:
        """Return what the engine is asked for, at the moment when it is the job's turn."""
        started = await self.store.jobs.start(job.id)
        if started.attempts > MAX_ATTEMPTS:
            raise JobError(WORKER_LOST)
        order = job.order
        if order.place.guild_id is not None:
            settings = await self.store.settings.of(order.place.guild_id)
            if order.place.user_id in settings.blocked_ids:
                raise JobError(BLOCKED_MEANWHILE)
        heard = None
        if order.source is not None:
            model = self.executor.model
            if model is None:
                raise WorkerLost("the model that the sound was to be read for has gone")
            heard = await self._heard(order.source, model)
        return GenerationRequest(
            seconds=order.seconds,
            seed=order.seed,
            prompt=order.prompt,
            audio=heard.end if heard is not None else None,
            sampling=order.sampling,
        )

    async def _heard(self, source: Source, model: ModelInfo) -> Heard:
        """Return the sound that an order goes on from, as a model hears it."""
        if source.clip_id is not None:
            clip = await self.store.clips.get(source.clip_id)
            if clip is None or clip.is_deleted:
                raise JobError(SOURCE_DELETED)
            path = self.store.clips_folder / clip.file
        else:
            path = self.store.uploads_folder / str(source.upload)
        return await asyncio.to_thread(
            listened, path, source.keep_seconds, model.sample_rate_hz, model.channels
        )

    async def _kept(self, job: Job, rendered: Rendered) -> Clip:
        """Write the clip to disk, then record it: from here on it is never made again."""
        order, sound = job.order, rendered.sound
        if order.source is not None and not order.source.include:
            sound = new_part(sound, order.seconds)
        elif order.source is not None and order.source.whole:
            sound = joined((await self._heard(order.source, rendered.model)).before, sound)
        seconds_before = max(0.0, sound.seconds - order.seconds)
        name = f"{job.id}.flac"
        path = self.store.clips_folder / name
        await asyncio.to_thread(posting.write_master, path, sound)
        return await self.store.jobs.rendered(
            job.id,
            NewClip(
                job_id=job.id,
                place=order.place,
                kind=order.kind,
                prompt=order.prompt,
                seconds=sound.seconds,
                seconds_before=seconds_before,
                seed=order.seed,
                sampling=order.sampling,
                model=rendered.model.name,
                file=name,
                parent_ids=order.parent_ids,
                made_in_seconds=rendered.seconds_of_work,
            ),
        )

    async def _deliver(self, job: Job, clip: Clip) -> None:
        """Hand the clip over, smaller and smaller if it has to be, then settle the quota."""
        await self.store.jobs.delivering(job.id)
        current = await self.store.jobs.get(job.id)
        assert current is not None
        path = self.store.clips_folder / clip.file
        sound = await asyncio.to_thread(posting.read_master, path)
        max_bytes = self.surface.max_bytes(job)
        while True:
            posted = await asyncio.to_thread(packed, clip, sound, max_bytes)
            try:
                message_id = await self.surface.post(current, clip, posted)
                break
            except TooLarge:
                max_bytes = min(max_bytes, len(posted.data)) // 2
                if max_bytes < posting.SMALLEST_BYTES:
                    raise OutputError(UNDELIVERABLE) from None
        await self.store.clips.posted(clip.id, message_id)
        await self.store.jobs.delivered(job.id, message_id)

    async def _watch(self, job: Job, arrived: asyncio.Event) -> None:
        """Show how far a job is, every few seconds, until it is there."""
        pause_seconds = FIRST_SHOWN_SECONDS
        while not await _happens(arrived, pause_seconds):
            pause_seconds = SHOW_EVERY_SECONDS
            standing = self.executor.standing(job.id)
            current = await self.store.jobs.get(job.id)
            if standing is not None and current is not None:
                await self.surface.show(current, standing)

    async def _end(self, job: Job, settled: Awaitable[bool], sentence: str) -> None:
        """Refund first, then tell."""
        await settled
        current = await self.store.jobs.get(job.id)
        await self.surface.tell(job if current is None else current, sentence)

    async def _forget_upload(self, job: Job) -> None:
        source = job.order.source
        if source is None or source.upload is None:
            return
        # The other takes of the same order may still want it.
        others = [other.order.source for other in await self.store.jobs.unfinished()]
        if source.upload not in {other.upload for other in others if other is not None}:
            (self.store.uploads_folder / source.upload).unlink(missing_ok=True)


async def _happens(event: asyncio.Event, within_seconds: float) -> bool:
    """Wait for an event, so long at the most, and tell whether it happened."""
    try:
        async with asyncio.timeout(within_seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
