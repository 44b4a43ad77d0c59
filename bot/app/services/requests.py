"""Orders: accept, find and cancel them, and store their uploads."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from bot.domain.clips import Clip, Tags
from bot.domain.jobs import MAX_PROMPT_CHARACTERS, Job, Keep, MessageHandle, Order, Source
from bot.domain.limits import Limits
from bot.domain.status import JobProgress
from bot.domain.takes import Take
from bot.errors import Refused, RequestError
from bot.i18n.sentence import Sentence
from bot.pipeline.engine_requests import NO_MELODY
from bot.pipeline.mixes import check_tempi
from bot.pipeline.remix_words import with_remix_words, words_like
from bot.pipeline.service import Pipeline
from bot.words.random_words import roll_words
from bot.words.style_words import with_style
from bot.words.vocabulary import Vocabulary

_ROLLS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOfUser:
    """A person's unfinished jobs, oldest first, and the total number of everybody's.

    A job without progress is being delivered.
    """

    jobs: tuple[tuple[Job, JobProgress | None], ...]
    total: int


class RequestService:
    """Accepts orders, and returns their progress."""

    def __init__(self, pipeline: Pipeline, vocabulary: Vocabulary | None = None) -> None:
        self._pipeline = pipeline
        self._vocabulary = vocabulary

    @property
    def in_flight(self) -> int:
        """Return how many jobs are unfinished."""
        return self._pipeline.in_flight

    @property
    def trouble(self) -> Sentence | None:
        """Return why no model can be loaded; None if one is, or is being loaded."""
        return self._pipeline.executor.broken

    def expected_seconds(self, seconds: float) -> float | None:
        """Return how long a clip queued now would take; None while unknown."""
        return self._pipeline.executor.expected_seconds(seconds)

    async def check(self, order: Order, limits: Limits) -> None:
        """Raise RequestError if an order would be refused now."""
        await self._pipeline.check(order, limits)

    async def submit(self, order: Order, limits: Limits, handle: MessageHandle) -> Job:
        """Accept an order and return its job; `handle` is the message that shows it.

        Idempotent: an order with the same key returns the first job. Raises Refused.
        """
        return await self._pipeline.submit(order, limits, handle)

    async def submit_takes(
        self, orders: Sequence[Order], limits: Limits, handle: MessageHandle
    ) -> Refused | None:
        """Accept the orders of takes that `handle` shows, as many as possible.

        Returns why the next one was refused. Raises Refused if none is accepted.
        """
        _, refused = await self._pipeline.submit_takes(orders, limits, handle)
        return refused

    async def takes_of(self, job: Job) -> list[Take]:
        """Return the takes that share a job's message; empty if it is the only one."""
        if job.order.group_key is None:
            return []
        return await self._pipeline.store.takes.of_group(job.order.group_key)

    async def is_known(self, key: str) -> bool:
        """Return whether an order with this key was accepted before."""
        return await self._pipeline.is_known(key)

    async def find(self, job_id: int) -> Job | None:
        """Return a job."""
        return await self._pipeline.store.jobs.get(job_id)

    async def unfinished_of(self, user_id: int) -> list[Job]:
        """Return a person's unfinished jobs, oldest first."""
        return await self._pipeline.store.jobs.waiting_of(user_id)

    async def queue_of(self, user_id: int) -> QueueOfUser:
        """Return a person's jobs with their progress."""
        jobs = await self.unfinished_of(user_id)
        rows = tuple((job, self._pipeline.progress(job.id)) for job in jobs)
        return QueueOfUser(jobs=rows, total=max(self._pipeline.in_flight, len(jobs)))

    async def cancel(self, job_id: int) -> bool:
        """Cancel a job; return False if it is too late."""
        return await self._pipeline.cancel(job_id)

    def holding_upload(self, file: str) -> AbstractContextManager[None]:
        """Keep an order's file while its takes are accepted one by one."""
        return self._pipeline.uploads.hold(file)

    def receiving_file(self, user_id: int) -> AbstractContextManager[None]:
        """Count a person's file among those in memory, for the duration of the block.

        Raises Refused at the limit.
        """
        return self._pipeline.uploads.reserve(user_id)

    async def keep_upload(
        self, data: bytes, *, keep_seconds: float, keep: Keep | None, with_codes: bool
    ) -> tuple[str, float]:
        """Decode a file and store what the order needs; return its name and its seconds.

        With `with_codes` its codes are stored, too. Raises SoundError.
        """
        return await self._pipeline.uploads.keep(
            data, keep_seconds=keep_seconds, keep=keep, with_codes=with_codes
        )

    async def with_remix_words(self, order: Order, source: Source) -> Order:
        """Return a remix order with its source and its joined prompt."""
        return await with_remix_words(self._pipeline.store, self._pipeline.notes, order, source)

    def words_like(self, asked: str, clip: Clip) -> str:
        """Return words with a clip's tempo and key added. Raises RequestError if unknown."""
        return words_like(asked, clip)

    def check_tempi(self, lead: Clip, other: Clip) -> None:
        """Raise RequestError for two clips whose tempi are known to be too far apart."""
        check_tempi(lead, other)

    def with_style(self, typed: str | None, style: str | None) -> str | None:
        """Return typed words with those of a style appended, as far as they don't contradict."""
        return with_style(typed, style, most=MAX_PROMPT_CHARACTERS)

    async def roll_words(
        self, guild_id: int | None, seed: int, style: str | None, *, in_chinese: bool = False
    ) -> str:
        """Return a random prompt, in a style if there is one, that passes the word filter.

        Chinese if `in_chinese` and the loaded model knows Chinese.
        """
        words = ""
        for attempt in range(_ROLLS):
            words = roll_words(
                seed,
                style,
                attempt=attempt,
                most=MAX_PROMPT_CHARACTERS,
                vocabulary=self._vocabulary,
                in_chinese=in_chinese,
            )
            if await self._pipeline.word_filter.find(guild_id, words) is None:
                break
        return words

    @property
    def takes_melody(self) -> bool:
        """Return whether the loaded model follows a melody."""
        model = self._pipeline.executor.model
        return model is not None and model.takes_melody

    def check_melody(self) -> None:
        """Raise RequestError if the loaded model follows no melody."""
        if self._pipeline.executor.model is not None and not self.takes_melody:
            raise RequestError(NO_MELODY)

    async def discard_upload(self, file: str) -> None:
        """Delete a stored file whose order was not accepted."""
        await self._pipeline.uploads.discard(file)

    async def read_tags(self, data: bytes) -> Tags | None:
        """Return a file's tags; None if it has none."""
        return await self._pipeline.uploads.read_tags(data)
