"""Split clips into stems (drums, bass, ...) on demand, as files decoded by the engine.

It is free, and the files are not stored: a clip's codes are, and they decode to the same stems.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.audio.editing.joint import follow_joint
from bot.audio.files import post
from bot.audio.files.codes import pack_codes
from bot.audio.files.masters import read_master
from bot.audio.untrusted.tags import read_untrusted_codes
from bot.domain.clips import Clip
from bot.domain.generation import StemsRequest
from bot.domain.jobs import RequestOrigin
from bot.errors import JobError, Refused, SoundError
from bot.i18n.sentence import Sentence
from bot.inference.executor import Executor
from bot.inference.pending_job import UnrelatedWorkerLoss, WorkerLost
from bot.inference.rowless_ids import stems_id
from bot.pipeline.clip_codes import GONE, OTHER_MODEL, load_codes
from bot.pipeline.packaging import tags_of
from bot.store.admission import BLOCKED, DRAINING
from bot.store.store import Store

ON_THEIR_WAY = Sentence("The stems of this clip are on their way already.")
NOT_TOLD = Sentence(
    "This file carries no codes, so its stems can't be kept: only clips of mine do, as I posted "
    "them."
)
OF_YOURS = Sentence("I'm already splitting clips for you. Please wait a moment.")
# A worker may have been lost because of another job, and splitting is idempotent.
_ATTEMPTS = 2
WORKER_LOST = Sentence("The music engine stopped while splitting this clip. Please try again.")

_PER_PERSON = 2
# Share of a small model's generation time; larger models generate slower and decode as fast.
_WORK_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class StemFile:
    """One stem of a clip, as a file to be posted."""

    name: str
    data: bytes = field(repr=False)


class Stems:
    """Splits clips into stems; each clip by at most one request at a time."""

    def __init__(self, store: Store, executor: Executor, style: post.Style) -> None:
        self._store, self._executor, self._style = store, executor, style
        self._clips: set[int] = set()
        self._people: Counter[int] = Counter()

    async def keepable_stems(self, clip: Clip) -> tuple[str, ...]:
        """Return the stems of a clip that a new one can keep; empty if its codes don't fit."""
        if not clip.stems:
            return ()
        try:
            await load_codes(self._store, clip, self._executor.model)
        except SoundError:
            return ()
        return clip.stems

    @property
    def model_stems(self) -> tuple[str, ...]:
        """Return the stems of the loaded model; empty if none is loaded."""
        return () if self._executor.model is None else self._executor.model.stems

    async def read_codes(self, data: bytes) -> bytes:
        """Return the codes packed in an uploaded file.

        Raises SoundError if it has none, or those of another model.
        """
        codes, model = await read_untrusted_codes(data), self._executor.model
        packed = None if codes is None else pack_codes(codes)
        if codes is None or packed is None:
            raise SoundError(NOT_TOLD)
        if model is not None and codes.fingerprint != model.fingerprint:
            raise SoundError(OTHER_MODEL)
        return packed

    async def check(self, clip: Clip, place: RequestOrigin) -> None:
        """Raise Refused or SoundError if a clip can't be split now."""
        if await self._store.settings.is_blocked(place.guild_id, place.user_id):
            raise Refused(BLOCKED)
        if self._executor.broken is not None:
            raise Refused(self._executor.broken)
        if self._executor.paused:
            raise Refused(DRAINING)
        if not clip.stems:
            raise SoundError(GONE)
        await load_codes(self._store, clip, self._executor.model)

    def expected_seconds(self, clip: Clip) -> float | None:
        """Return the expected wait for splitting a clip now; None while unknown."""
        return self._executor.expected_seconds(_WORK_SHARE * clip.seconds)

    @contextmanager
    def reserve(self, clip: Clip, user_id: int) -> Iterator[None]:
        """Mark a clip as being split, for the duration of the block.

        Raises Refused if it is being split already, or the person has too many in progress.
        """
        if clip.id in self._clips:
            raise Refused(ON_THEIR_WAY)
        if self._people[user_id] >= _PER_PERSON:
            raise Refused(OF_YOURS)
        self._clips.add(clip.id)
        self._people[user_id] += 1
        try:
            yield
        finally:
            self._clips.discard(clip.id)
            self._people[user_id] -= 1
            self._people += Counter()  # drops counts of zero

    async def split(self, clip: Clip, user_id: int, max_bytes: int) -> list[StemFile]:
        """Return a clip's stems as files that are together at most `max_bytes`.

        Waits in the queue like a clip. Raises SoundError if codes or sound are deleted, OutputError
        if the files can't be made that small, and JobError if the engine fails.
        """

        async def prepared() -> StemsRequest:
            # Which model is loaded is known only when the job's turn comes.
            codes = await load_codes(self._store, clip, self._executor.model)
            return StemsRequest(tokens=codes.tokens)

        attempts = 0
        while True:
            run = self._executor.submit(
                stems_id(clip.id), user_id, _WORK_SHARE * clip.seconds, prepared,
                guild_id=clip.origin.guild_id,
            )  # fmt: skip
            try:
                rendered = await run.result()
                break
            except WorkerLost as lost:
                attempts += not isinstance(lost, UnrelatedWorkerLoss)
                if attempts == _ATTEMPTS:
                    raise JobError(WORKER_LOST) from lost
        mix = await asyncio.to_thread(read_master, self._store.clips_folder / clip.file)
        stems = await asyncio.to_thread(follow_joint, mix, rendered.stems, clip.seconds_before)
        encoded = await asyncio.to_thread(
            post.encode_stems,
            mix,
            stems,
            max_bytes=max_bytes,
            tags=tags_of(clip),
            style=self._style,
        )
        return [
            StemFile(name=f"zhiyin-{clip.id}-{name.replace(' ', '-')}{each.suffix}", data=each.data)
            for name, each in encoded.items()
        ]
