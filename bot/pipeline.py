"""The path of a request: accepted, made, kept on disk, delivered, settled.

Every accepted job is carried by a task of its own and ends in one clip or one honest sentence.
Knows no Discord: what people see is a `Surface`, which Discord's side provides.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

from bot.audio import posting
from bot.audio.uploads import Uploads
from bot.config import Config
from bot.errors import Cancelled, JobError, OutputError, ZhiyinError
from bot.inference.executor import Executor
from bot.inference.run import Rendered, WorkerLost
from bot.jobs import GenerationRequest, Sound
from bot.listening import Heard, joined, listened, new_part
from bot.orders import Answer, Clip, Job, JobState, Kind, Limits, Order, Source, Standing
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
UNDELIVERABLE = "The clip could not be posted here. Nothing was charged."


class Pipeline:
    """Takes orders and carries each to its end; an async context manager."""

    def __init__(self, config: Config, store: Store, executor: Executor, uploads: Uploads) -> None:
        self.config, self.store, self.executor, self.uploads = config, store, executor, uploads
        self.surface: Surface | None = None
        self._inbox: asyncio.Queue[tuple[Job, bool]] = asyncio.Queue()
        self._carried: dict[int, asyncio.Task[None]] = {}
        self._receiver: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    def start(self) -> None:
        """Begin to carry jobs, now that there is a surface to show them on.

        Their tasks belong to whoever calls this, not to the command that happens to ask.
        """
        self._receiver = asyncio.create_task(self._receive(), name="pipeline")

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        tasks = [task for task in (self._receiver, *self._carried.values()) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def in_flight(self) -> int:
        """Return how many jobs are on their way."""
        return len(self._carried) + self._inbox.qsize()

    async def idle(self) -> None:
        """Return when nothing is on its way any more."""
        while self.in_flight:
            if self._carried:
                await asyncio.wait(self._carried.values())
            await asyncio.sleep(0)

    async def resume(self) -> int:
        """Take up what an earlier run has left, and return how many jobs that was."""
        left = await self.store.jobs.unfinished()
        # What was being made comes first, in its old order.
        for job in left:
            if job.state is JobState.RUNNING:
                await self.store.jobs.requeue(job.id, spend_attempt=True)
        for job in sorted(left, key=lambda job: job.state is JobState.QUEUED):
            again = await self.store.jobs.get(job.id)
            assert again is not None
            self._inbox.put_nowait((again, job.state is JobState.RUNNING))
        return len(left)

    async def order(self, order: Order, limits: Limits, answer: Answer) -> Job:
        """Accept an order and return its job; the same order again returns the first job.

        Raises Refused, and then nothing is charged.
        """
        job = await self.store.jobs.accept(order, limits, answer)
        if job.state is JobState.QUEUED and job.id not in self._carried:
            self._inbox.put_nowait((job, False))
        return job

    async def cancel(self, job_id: int) -> bool:
        """Stop a job that waits or runs; tell whether there was something to stop."""
        task = self._carried.get(job_id)
        if task is None or not self.executor.cancel(job_id):
            return False
        await asyncio.wait([task])
        job = await self.store.jobs.get(job_id)
        return job is not None and job.state is JobState.CANCELLED

    def standing(self, job_id: int) -> Standing | None:
        """Return where a job is on its way to the engine and back."""
        return self.executor.standing(job_id)

    async def keep_upload(self, data: bytes, *, keep_seconds: float) -> tuple[str, float]:
        """Make sound of a stranger's file and keep the end of it; return its name and its seconds.

        Raises SoundError.
        """
        sound = await self.uploads.read(data, keep_seconds=keep_seconds)
        name = f"{secrets.token_hex(8)}.flac"
        await asyncio.to_thread(posting.write_master, self.store.uploads_folder / name, sound)
        return name, sound.seconds

    async def sound_of(self, clip: Clip) -> Sound:
        """Read a clip from disk. Raises SoundError where it is gone."""
        return await asyncio.to_thread(posting.read_master, self.store.clips_folder / clip.file)

    async def forget(self, clip: Clip) -> None:
        """Delete a clip's sound and mark its row; those made from it keep their link to it."""
        name = await self.store.clips.delete(clip.id)
        if name is not None:
            (self.store.clips_folder / name).unlink(missing_ok=True)

    async def drain(self, grace_seconds: float) -> None:
        """Hand out nothing more and wait for what is running, for so long at the most.

        What is not finished then goes on at the next start, and no attempt is spent.
        """
        self.executor.paused = True
        await self.executor.drain(grace_seconds)
        finishing = [
            task
            for job_id, task in self._carried.items()
            if self.executor.standing(job_id) is None and not task.done()
        ]
        if finishing:
            await asyncio.wait(finishing, timeout=grace_seconds)
        for job_id in list(self._carried):
            job = await self.store.jobs.get(job_id)
            if job is not None and job.state is JobState.RUNNING:
                await self.store.jobs.requeue(job_id, spend_attempt=False)

    async def _receive(self) -> None:
        while True:
            job, first = await self._inbox.get()
            if job.id in self._carried:
                continue
            task = asyncio.create_task(self._carry(job, first=first), name=f"job {job.id}")
            self._carried[job.id] = task
            task.add_done_callback(partial(self._put_down, job.id))

    def _put_down(self, job_id: int, task: asyncio.Task[None]) -> None:
        self._carried.pop(job_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its job is still in the database: the next start takes it up.
            log.error("job.dropped id=%d", job_id, exc_info=error)

    async def _carry(self, job: Job, *, first: bool) -> None:
        """Bring a job to its end, whatever comes."""
        watching = asyncio.create_task(self._watch(job), name=f"progress of job {job.id}")
        try:
            clip = await self._made(job, first=first)
            watching.cancel()
            await self._deliver(job, clip)
        except Cancelled:
            await self._end(job, watching, self.store.jobs.cancelled, "Cancelled.")
        except ZhiyinError as error:
            await self._fail(job, watching, error.sentence)
        except Undeliverable as reason:
            log.warning("job.held id=%d %s", job.id, reason)
            await self.store.jobs.held(job.id)
        except Exception:
            log.exception("job.failed id=%d", job.id)
            await self._fail(job, watching, UNEXPECTED)
        finally:
            watching.cancel()
            await self._forget_upload(job)

    async def _made(self, job: Job, *, first: bool) -> Clip:
        """Return the job's clip: made now, or found on disk if a run before this one made it."""
        if job.state in (JobState.RENDERED, JobState.DELIVERING):
            clip = await self.store.clips.of_job(job.id)
            if clip is not None:
                return clip
        while True:
            run = self.executor.submit(
                job.id,
                job.order.place.user_id,
                job.order.seconds,
                lambda: self._prepared(job),
                front=first,
            )
            try:
                return await self._kept(job, await run.result())
            except WorkerLost as lost:
                current = await self.store.jobs.get(job.id)
                if current is None or current.attempts >= MAX_ATTEMPTS:
                    raise JobError(WORKER_LOST) from lost
                log.warning("job.again id=%d", job.id)
                if current.state is JobState.RUNNING:
                    await self.store.jobs.requeue(job.id, spend_attempt=True)
                first = True

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
        heard = None if order.source is None else await self._heard(order.source)
        return GenerationRequest(
            seconds=order.seconds,
            seed=order.seed,
            prompt=order.prompt,
            audio=heard.end if heard is not None else None,
            sampling=order.sampling,
        )

    async def _heard(self, source: Source) -> Heard:
        """Return the sound that an order goes on from."""
        if source.clip_id is not None:
            clip = await self.store.clips.get(source.clip_id)
            if clip is None or clip.is_deleted:
                raise JobError("The clip to go on from was deleted. Nothing was charged.")
            path = self.store.clips_folder / clip.file
        else:
            path = self.store.uploads_folder / str(source.upload)
        model = self.executor.model
        if model is None:
            raise WorkerLost("the model that the sound was read for has gone")
        return await asyncio.to_thread(
            listened, path, source.keep_seconds, model.sample_rate_hz, model.channels
        )

    async def _kept(self, job: Job, rendered: Rendered) -> Clip:
        """Write the clip to disk, then record it: from here on it is never made again."""
        order, sound = job.order, rendered.sound
        if order.source is not None and not order.source.include:
            sound = new_part(sound, order.seconds)
        elif order.source is not None and order.kind is Kind.CONTINUE:
            # What is too far back to be heard belongs to the clip all the same.
            sound = joined((await self._heard(order.source)).before, sound)
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
        surface = self._shown_on
        await self.store.jobs.delivering(job.id)
        current = await self.store.jobs.get(job.id)
        assert current is not None
        sound = await self.sound_of(clip)
        max_bytes = surface.max_bytes(job)
        while True:
            posting_ = await asyncio.to_thread(packed, clip, sound, max_bytes)
            try:
                message_id = await surface.post(current, clip, posting_)
                break
            except TooLarge:
                max_bytes = min(max_bytes, len(posting_.data)) // 2
                if max_bytes < posting.SMALLEST_BYTES:
                    raise OutputError(UNDELIVERABLE) from None
        await self.store.clips.posted(clip.id, message_id)
        await self.store.jobs.delivered(job.id, message_id)

    async def _watch(self, job: Job) -> None:
        """Show how far a job is, every few seconds, until it is there."""
        pause = FIRST_SHOWN_SECONDS
        while True:
            await asyncio.sleep(pause)
            pause = SHOW_EVERY_SECONDS
            standing = self.executor.standing(job.id)
            if standing is not None:
                current = await self.store.jobs.get(job.id)
                await self._shown_on.show(current or job, standing)

    async def _fail(self, job: Job, watching: asyncio.Task[None], sentence: str) -> None:
        async def failed(job_id: int) -> bool:
            return await self.store.jobs.failed(job_id, sentence)

        await self._end(job, watching, failed, sentence)

    async def _end(
        self,
        job: Job,
        watching: asyncio.Task[None],
        settle: Callable[[int], object],
        sentence: str,
    ) -> None:
        """Refund first, then tell."""
        watching.cancel()
        await settle(job.id)  # type: ignore[misc]
        current = await self.store.jobs.get(job.id)
        await self._shown_on.tell(job if current is None else current, sentence)

    async def _forget_upload(self, job: Job) -> None:
        source = job.order.source
        current = await self.store.jobs.get(job.id)
        if source is not None and source.upload and current is not None and current.state.is_final:
            (self.store.uploads_folder / source.upload).unlink(missing_ok=True)

    @property
    def _shown_on(self) -> Surface:
        assert self.surface is not None, "Discord's side is there before the first job"
        return self.surface
