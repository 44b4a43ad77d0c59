"""Endless music from the engine, for radios that play live."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from collections.abc import Sequence
from typing import Any

from bot.config import Config
from bot.domain.generation import MAX_SHORT_SEED, GenerationRequest, Sampling
from bot.errors import Cancelled, Refused, RequestError
from bot.i18n.sentence import Moment, Sentence
from bot.inference.audio_stream import AudioStream
from bot.inference.executor import Executor
from bot.store.live_seconds import LiveSeconds
from bot.voice.live_buffer import LiveBuffer

log = logging.getLogger(__name__)

NO_LIVE = Sentence("Live music is switched off on this bot. Clips work.")
LIVE_ELSEWHERE = Sentence(
    "I'm already playing live elsewhere, and this machine can't do more at once. Try again later, "
    "or let me play clips."
)

NO_ROOM = Sentence(
    "This machine makes one clip at a time, and live music would leave no room for yours. Clips "
    "work."
)

USED_UP = Sentence(
    "This server has used up today's live music: I play clips for now. Live music is back {again}."
)

AHEAD_SECONDS = 2.0
_COUNTED_SECONDS = 5.0
"""So much is made before it is recorded."""
_FADE_SECONDS = 0.5


class LiveBudget:
    """What a server may have made live today."""

    def __init__(self, seconds: LiveSeconds, server_id: int, most_seconds: float) -> None:
        """Take where it is counted, and how much it may be; 0 is as much as it likes."""
        self.server_id = server_id
        self._seconds, self._most = seconds, most_seconds
        self._uncounted = 0.0

    async def check(self) -> None:
        """Raise Refused where it is used up."""
        if self._most and await self._seconds.used(self.server_id) >= self._most:
            raise Refused(USED_UP.fill(again=Moment(self._seconds.resets_at())))

    async def count(self, seconds: float) -> None:
        """Count what was made. Raises Refused once it is used up."""
        self._uncounted += seconds
        if self._uncounted >= _COUNTED_SECONDS:
            await self.save()
            await self.check()

    async def save(self) -> None:
        """Keep what was counted."""
        seconds, self._uncounted = self._uncounted, 0.0
        if seconds and self._most:
            await self._seconds.add(self.server_id, seconds)


class EngineMusic:
    """Music from some words, made as far ahead as it is played."""

    def __init__(
        self,
        executor: Executor,
        job_id: int,
        words: Sequence[tuple[str, float]],
        seed: int,
        budget: LiveBudget,
    ) -> None:
        self.sound = LiveBuffer()
        self._executor, self._job_id = executor, job_id
        self._words, self._seed, self._budget = tuple(words), seed, budget
        self.made_seconds = 0.0

    async def run(self) -> None:
        """Make it until cancelled. Raises what keeps it from being made, as WorkerLost."""
        try:
            await self._budget.check()
        except RequestError:
            self.sound.close()
            raise
        executor = self._executor
        # Its own user in the fair queue: other words are made beside those that they replace.
        job = executor.submit(
            self._job_id, self._job_id, None, self._request, guild_id=self._budget.server_id
        )
        stream = executor.subscribe(self._job_id)
        taking = asyncio.create_task(self._take(stream), name="taking live music")
        try:
            # Whoever waits for room in what is to be played does not see how the job ends.
            either: tuple[asyncio.Future[Any], ...] = (taking, job.outcome)
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not job.outcome.done():
                await taking
            await job.result()
        except Cancelled:
            return
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
            stream.close()
            await self._budget.save()
            executor.cancel(self._job_id)
            self.sound.close()

    async def _take(self, stream: AudioStream) -> None:
        if len(self._words) > 1:
            await self._executor.change_prompt(self._job_id, self._words, _FADE_SECONDS)
        async for piece in stream:
            self.made_seconds += piece.sound.seconds
            await self._budget.count(piece.sound.seconds)
            await self.sound.push(piece.sound)

    async def _request(self) -> GenerationRequest:
        model = self._executor.model
        return GenerationRequest(
            seconds=None,
            seed=self._seed,
            prompt=self._words[0][0] if self._words else None,
            sampling=Sampling() if model is None else model.sampling,
            ahead_seconds=AHEAD_SECONDS,
        )


class LiveMusicService:
    """Begins live music, for no more servers at once than the owner lets it."""

    def __init__(self, executor: Executor, config: Config, seconds: LiveSeconds) -> None:
        """Take what makes it, the settings, and where it is counted."""
        self._seconds, self._most_seconds = seconds, config.radio.daily_live_seconds_per_server
        self._executor, self._is_off = executor, config.radio.live_at_once == 0
        # One slot is always left to what people order.
        # Without workers here, one that has joined is what can be counted on.
        room = config.engine.slots * max(1, config.worker.count) - 1
        self._most = min(config.radio.live_at_once, room)
        # Below the ids of jobs, which are positive.
        self._ids = itertools.count(-1, -1)
        self._draw = random.SystemRandom()
        self.servers: set[int] = set()
        """Where live music is on."""

    async def check(self, server_id: int) -> None:
        """Raise RequestError where no live music can begin."""
        await self._budget(server_id).check()
        if self._is_off:
            raise RequestError(NO_LIVE)
        if self._most == 0:
            raise RequestError(NO_ROOM)
        if len(self.servers - {server_id}) >= self._most:
            raise RequestError(LIVE_ELSEWHERE)
        if self._executor.broken is not None:
            raise RequestError(self._executor.broken)

    def begin(self, server_id: int, words: Sequence[tuple[str, float]]) -> EngineMusic:
        """Return music that is made as soon as it runs."""
        seed = self._draw.randint(0, MAX_SHORT_SEED)
        job_id = next(self._ids)
        log.info("radio.live server=%d job=%d", server_id, job_id)
        return EngineMusic(self._executor, job_id, words, seed, self._budget(server_id))

    def _budget(self, server_id: int) -> LiveBudget:
        return LiveBudget(self._seconds, server_id, self._most_seconds)
