"""Deliver the takes of one message together: wait for all, post once, settle each.

Each take has the task of its own job. The first generated take delivers for all of them once no
take is unfinished; the others wait for it. Everything needed to resume after a crash is in the
database.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from bot import failpoints
from bot.audio.files import post
from bot.audio.files.clip_file import read_clip_codes
from bot.audio.files.masters import read_master
from bot.domain.generation import Codes, Sound
from bot.domain.jobs import Job, JobState
from bot.domain.takes import Take
from bot.errors import OutputError, ZhiyinError
from bot.inference.executor import Executor
from bot.pipeline.failure_notices import FailureNotifier
from bot.pipeline.failure_sentences import HELD, UNDELIVERABLE
from bot.pipeline.packaging import pack_takes
from bot.pipeline.presenter import Presenter, TooLarge, Undeliverable
from bot.store.store import Store

log = logging.getLogger(__name__)

_Heard = tuple[Take, Sound, Codes | None]


class TakeDelivery:
    """Delivers the takes that share a message."""

    def __init__(
        self,
        store: Store,
        executor: Executor,
        presenter: Presenter,
        notifier: FailureNotifier,
        style: post.Style,
    ) -> None:
        self._store, self._executor, self._presenter = store, executor, presenter
        self._notifier, self._groups, self._style = notifier, notifier.groups, style

    async def show(self, job: Job) -> None:
        """Show how far the takes are; the first that is being made does so for all of them."""
        group = self._groups.of(_group_of(job))
        async with group.lock:
            takes = await self._store.takes.of_group(_group_of(job))
            making = [take for take in takes if take.is_being_made]
            if making and making[0].job.id == job.id:
                progress = [(take, self._executor.progress(take.job.id)) for take in takes]
                await self._presenter.show_takes(progress)

    async def deliver(self, job: Job) -> None:
        """Return when a take that was made is settled; the first one delivers for all.

        Raises an unexpected error; then no take is settled, and another call may deliver them.
        """
        group_key = _group_of(job)
        group = self._groups.of(group_key)
        group.notify_all()
        while True:
            changed = group.changed
            async with group.lock:
                takes = await self._store.takes.of_group(group_key)
                own = next(take for take in takes if take.job.id == job.id)
                if not own.is_to_be_posted:
                    return
                ready = [take for take in takes if take.is_to_be_posted]
                is_first = ready[0].job.id == job.id
                is_due = is_first and not any(take.is_being_made for take in takes)
                if is_due:
                    try:
                        await self._hand_over(group_key, ready)
                    finally:
                        # Some may be settled even if it failed.
                        group.notify_all()
            if is_due:
                await self._notifier.notify(job.id)
                return
            with self._groups.waiting(job.id):
                await changed.wait()

    async def hold(self, job: Job) -> bool:
        """Hold all takes of a message that are made; return False if the job's has ended."""
        group_key = _group_of(job)
        group = self._groups.of(group_key)
        async with group.lock:
            takes = await self._store.takes.of_group(group_key)
            ready = [take.job.id for take in takes if take.is_to_be_posted]
            for id_ in ready:
                await self._store.jobs.hold(id_, HELD)
        group.notify_all()
        return job.id in ready

    async def _hand_over(self, group_key: str, ready: Sequence[Take]) -> None:
        """Post all takes that are made, and settle them: each is paid for, held, or refunded."""
        ids = [take.job.id for take in ready]
        try:
            await self._post_and_settle(group_key, ready)
        except Undeliverable as reason:
            log.warning("takes.held group=%s %s", group_key, reason)
            for id_ in ids:
                await self._store.jobs.hold(id_, HELD)
        except ZhiyinError as error:
            for id_ in ids:
                await self._store.jobs.fail(id_, error.sentence)

    async def _post_and_settle(self, group_key: str, ready: Sequence[Take]) -> None:
        may_be_posted = any(take.job.state is JobState.DELIVERING for take in ready)
        await self._store.takes.begin_delivery([take.job.id for take in ready])
        heard = [found for take in ready if (found := await self._hear(take)) is not None]
        if not heard:
            return
        message_id = await self._post(group_key, heard, may_be_posted=may_be_posted)
        await failpoints.reached("clip.posted")
        ids = [take.job.id for take, _, _ in heard]
        await self._store.takes.finish_delivery(group_key, ids, message_id)
        log.info("takes.delivered group=%s jobs=%s", group_key, ids)
        await failpoints.reached("job.delivered")
        first, clip = heard[0][0], heard[0][0].clip
        assert clip is not None
        posted = replace(clip, message_id=message_id)
        await self._presenter.follow_up(first.job, posted, takes=len(heard))

    async def _hear(self, take: Take) -> _Heard | None:
        """Read the sound of a take; where it can't be read only this take fails."""
        assert take.clip is not None
        path = self._store.clips_folder / take.clip.file
        try:
            sound = await asyncio.to_thread(read_master, path)
            codes = await asyncio.to_thread(read_clip_codes, path) if take.clip.stems else None
        except ZhiyinError as error:
            await self._store.jobs.fail(take.job.id, error.sentence)
            return None
        return take, sound, codes

    async def _post(self, group_key: str, heard: Sequence[_Heard], *, may_be_posted: bool) -> int:
        """Post the takes, smaller and smaller if they have to be; return the message's id."""
        clips = {
            take.number: (take.clip, sound, codes) for take, sound, codes in heard if take.clip
        }
        max_bytes = self._presenter.max_bytes(heard[0][0].job)
        # Those that failed are told of in the message.
        takes = await self._store.takes.of_group(group_key)
        while True:
            files = await asyncio.to_thread(pack_takes, clips, max_bytes, self._style)
            await failpoints.reached("clip.unposted")
            try:
                return await self._presenter.post_takes(takes, files, may_be_posted=may_be_posted)
            except TooLarge:
                max_bytes = min(max_bytes, max(len(file.data) for file in files.values())) // 2
                if max_bytes < post.SMALLEST_BYTES:
                    raise OutputError(UNDELIVERABLE) from None


def _group_of(job: Job) -> str:
    assert job.order.group_key is not None
    return job.order.group_key
