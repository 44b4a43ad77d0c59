"""The path of a request: accepted, put in line, and carried to its end by a task of its own.

What happens on the way is told in `carrier.py`, step by step.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from bot import failpoints
from bot.app.health import Health
from bot.audio.files import post
from bot.audio.files.clip_file import codes_in
from bot.audio.files.masters import read_master, write_master
from bot.audio.files.picture import spectrogram_png
from bot.audio.untrusted.tags import strange_tags
from bot.audio.untrusted.uploads import Uploads
from bot.config import Config
from bot.domain.clips import Clip, Tags
from bot.domain.jobs import Job, JobState, MessageHandle, Order
from bot.domain.limits import Limits
from bot.domain.status import JobProgress
from bot.errors import Refused
from bot.i18n.sentence import Sentence
from bot.inference.executor import Executor
from bot.log import about
from bot.pipeline.dispatcher import JobDispatcher
from bot.pipeline.erasure import Privacy
from bot.pipeline.lifecycle import JobRunner
from bot.pipeline.packaging import PackedClip, packed
from bot.pipeline.presenter import Presenter
from bot.pipeline.stems import Stems
from bot.store.store import Store

log = logging.getLogger(__name__)

FILES_OF_YOURS = Sentence(
    "I am still listening to the files that you sent before. Please wait a moment."
)
STILL_COMING = Sentence("This clip is still being posted. Please try again in a moment.")
FILES_OF_MANY = Sentence("Many people are sending files right now. Please try again in a minute.")

_FILES_PER_USER = 2
_FILES = 12


class Pipeline:
    """Takes orders and carries each to its end; an async context manager."""

    def __init__(self, config: Config, store: Store, executor: Executor, uploads: Uploads) -> None:
        self.config, self.store, self.executor, self.uploads = config, store, executor, uploads
        self.surface: Presenter | None = None
        self.health = Health()
        self._dispatch = JobDispatcher(store, self._carry)
        self._style = post.Style(
            format=config.sound.format, loudness_lufs=config.sound.loudness_lufs
        )
        self.stems = Stems(store, executor, self._style)
        self._listened: Counter[int] = Counter()
        self.privacy = Privacy(store, self._dispatch.tasks, self.cancel, self._tell)

    async def __aenter__(self) -> Self:
        return self

    def start(self) -> None:
        """Begin to carry jobs, now that there is a surface to show them on.

        Their tasks belong to whoever calls this, not to the command that happens to ask.
        """
        self._dispatch.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._dispatch.stop()

    @property
    def in_flight(self) -> int:
        """Return how many jobs are on their way."""
        return self._dispatch.in_flight

    async def idle(self) -> None:
        """Return when nothing is on its way any more."""
        await self._dispatch.idle()

    async def resume(self) -> int:
        """Take up what an earlier run has left, and return how many jobs that was."""
        unfinished = await self.store.jobs.unfinished()
        left = [job for job in unfinished if job.id not in self._dispatch.tasks]
        running = [job for job in left if job.state is JobState.RUNNING]
        for job in running:
            await self.store.jobs.requeue(job.id, spend_attempt=True)
        # What was being made comes first: each goes before the one that was put there before it.
        for job in reversed(running):
            self._dispatch.put(job, first=True)
        for job in left:
            if job not in running:
                self._dispatch.put(job)
        return len(left)

    async def check(self, order: Order, limits: Limits) -> None:
        """Raise Refused if an order would be refused now, before any work is done for it."""
        await self.store.jobs.check(order, limits)

    async def order(self, order: Order, limits: Limits, answer: MessageHandle) -> Job:
        """Accept an order and return its job; the same order again returns the first job.

        Raises Refused, and then nothing is charged.
        """
        job = await self.store.jobs.accept(order, limits, answer)
        with about(job.id):
            log.info("job.accepted id=%d kind=%s seconds=%g", job.id, order.kind, order.seconds)
            await failpoints.reached("job.accepted")
        if job.state is JobState.QUEUED and job.id not in self._dispatch.tasks:
            self._dispatch.put(job)
        return job

    async def knows(self, key: str) -> bool:
        """Tell whether an order with this key was accepted before."""
        return await self.store.jobs.of_key(key) is not None

    async def cancel(self, job_id: int) -> bool:
        """Stop a job that waits or runs; tell whether there was something to stop."""
        task = self._dispatch.tasks.get(job_id)
        if task is None or not self.executor.cancel(job_id):
            return False
        await asyncio.wait([task])
        job = await self.store.jobs.get(job_id)
        return job is not None and job.state is JobState.CANCELLED

    def standing(self, job_id: int) -> JobProgress | None:
        """Return where a job is on its way to the engine and back."""
        return self.executor.progress(job_id)

    @contextmanager
    def listening_to(self, user_id: int) -> Iterator[None]:
        """Count a person's file among those that are listened to right now.

        Raises Refused where there are as many as may be: each is held in memory.
        """
        if self._listened[user_id] >= _FILES_PER_USER:
            raise Refused(FILES_OF_YOURS)
        if self._listened.total() >= _FILES:
            raise Refused(FILES_OF_MANY)
        self._listened[user_id] += 1
        try:
            yield
        finally:
            self._listened[user_id] -= 1
            self._listened += Counter()  # drops those who are at nought

    async def keep_upload(
        self, data: bytes, *, keep_seconds: float, with_codes: bool = False
    ) -> tuple[str, float]:
        """Make sound of a stranger's file and keep the end of it; return its name and its seconds.

        With `with_codes` the codes of all of it are kept, too. Raises SoundError, also where it
        tells none that the model has.
        """
        codes = await self.stems.of_file(data) if with_codes else None
        sound = await self.uploads.read(data, keep_seconds=keep_seconds)
        name = f"{secrets.token_hex(8)}.flac"
        await asyncio.to_thread(write_master, self.store.uploads_folder / name, sound, codes)
        return name, sound.seconds

    async def packed(self, clip: Clip, max_bytes: int) -> PackedClip:
        """Return a clip that is on disk as a file of at most so many bytes.

        Raises SoundError where its sound is gone, OutputError where it can't be made so small.
        """
        path = self.store.clips_folder / clip.file
        sound = await asyncio.to_thread(read_master, path)
        codes = await asyncio.to_thread(codes_in, path) if clip.stems else None
        return await asyncio.to_thread(packed, clip, sound, max_bytes, self._style, codes)

    async def tags_of(self, data: bytes) -> Tags | None:
        """Return what a stranger's file says of how it was made; None where it says nothing."""
        return await strange_tags(data)

    async def spectrogram(self, clip: Clip) -> bytes:
        """Return a picture of what a clip sounds like, as PNG.

        Raises SoundError where its sound is gone.
        """
        path = self.store.clips_folder / clip.file
        sound = await asyncio.to_thread(read_master, path)
        return await asyncio.to_thread(spectrogram_png, sound)

    async def forget(self, clip: Clip) -> None:
        """Delete a clip's sound and mark its row; those made from it keep their link to it.

        Raises Refused while it is being posted: what is tried again would bring it back.
        """
        job = await self.store.jobs.get(clip.job_id)
        if job is not None and not job.state.is_final:
            raise Refused(STILL_COMING)
        name = await self.store.clips.delete(clip.id)
        if name is not None:
            (self.store.clips_folder / name).unlink(missing_ok=True)

    async def drain(self, grace_seconds: float) -> None:
        """Hand out nothing more and wait for what is running, for so long at the most.

        What is not finished then goes on at the next start, and no attempt is spent.
        """
        self.executor.paused = True
        await failpoints.reached("bot.draining")
        await self.executor.drain(grace_seconds)
        finishing = [
            task
            for job_id, task in self._dispatch.tasks.items()
            if self.executor.progress(job_id) is None and not task.done()
        ]
        if finishing:
            await asyncio.wait(finishing, timeout=grace_seconds)
        # Whoever carries on after Discord's side has gone takes that for a failure.
        await self._dispatch.stop()
        for job in await self.store.jobs.unfinished():
            if job.state is JobState.RUNNING:
                await self.store.jobs.requeue(job.id, spend_attempt=False)

    async def _tell(self, job: Job, sentence: Sentence) -> None:
        if self.surface is not None:
            await self.surface.tell(job, sentence)

    async def _carry(self, job: Job, first: bool) -> None:
        assert self.surface is not None, "Discord's side is there before the first job"
        carrier = JobRunner(self.store, self.executor, self.surface, self._style)
        await carrier.carry(job, first=first)
