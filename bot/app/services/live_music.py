"""Endless music from the engine, for radios that play live."""

from __future__ import annotations

import asyncio
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
from bot.inference.rowless_ids import live_music_ids
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
"""Seconds of generated music between two writes of the counter."""
_FADE_SECONDS = 0.5


class LiveBudget:
    """A server's daily budget of live music."""

    def __init__(self, seconds: LiveSeconds, server_id: int, most_seconds: float) -> None:
        """Take the counter and the limit in seconds; 0 is unlimited."""
        self.server_id = server_id
        self._seconds, self._most = seconds, most_seconds
        self._uncounted = 0.0

    async def check(self) -> None:
        """Raise Refused if it is used up."""
        if self._most and await self._seconds.used(self.server_id) >= self._most:
            raise Refused(USED_UP.fill(again=Moment(self._seconds.resets_at())))

    async def count(self, seconds: float) -> None:
        """Count generated seconds. Raises Refused once it is used up."""
        self._uncounted += seconds
        if self._uncounted >= _COUNTED_SECONDS:
            await self.save()
            await self.check()

    async def save(self) -> None:
        """Write the counted seconds to the database."""
        seconds, self._uncounted = self._uncounted, 0.0
        if seconds and self._most:
            try:
                await self._seconds.add(self.server_id, seconds)
            except BaseException:
                self._uncounted += seconds
                raise


class EngineMusic:
    """Endless music from a prompt, generated as far ahead as it is played."""

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
        """Generate until cancelled. Raises what ends it, such as WorkerLost."""
        try:
            await self._budget.check()
        except BaseException:
            self.sound.close()
            raise
        executor = self._executor
        # A user of its own in the fair queue, so that a new prompt runs beside the one it replaces.
        job = executor.submit(
            self._job_id, self._job_id, None, self._request, guild_id=self._budget.server_id
        )
        stream = executor.subscribe(self._job_id)
        taking = asyncio.create_task(self._take(stream), name="taking live music")
        try:
            # The reader may be blocked by a full buffer, so the job's end is awaited separately.
            either: tuple[asyncio.Future[Any], ...] = (taking, job.outcome)
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not job.outcome.done():
                await taking
            await job.result()
        except Cancelled:
            return
        finally:
            # Waiting comes last: whatever ends it, the job must not go on for ever.
            taking.cancel()
            stream.close()
            executor.cancel(self._job_id)
            self.sound.close()
            await asyncio.gather(taking, return_exceptions=True)
            try:
                await self._budget.save()
            except Exception:
                log.exception("radio.seconds_not_counted server=%d", self._budget.server_id)

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
    """Starts live music, on at most as many servers as configured."""

    def __init__(self, executor: Executor, config: Config, seconds: LiveSeconds) -> None:
        """Take the executor, the settings, and the counter."""
        self._seconds, self._most_seconds = seconds, config.radio.daily_live_seconds_per_server
        self._executor, self._is_off = executor, config.radio.live_at_once == 0
        # One slot always remains for orders.
        # Without local workers, count on one that has joined.
        room = config.engine.slots * max(1, config.worker.count) - 1
        self._most = min(config.radio.live_at_once, room)
        self._ids = live_music_ids()
        self._draw = random.SystemRandom()
        self.servers: set[int] = set()
        """Servers with live music."""

    async def check(self, server_id: int) -> None:
        """Raise RequestError if no live music can start."""
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
        """Return live music, which is generated while its `run` is awaited."""
        seed = self._draw.randint(0, MAX_SHORT_SEED)
        job_id = next(self._ids)
        log.info("radio.live server=%d job=%d", server_id, job_id)
        return EngineMusic(self._executor, job_id, words, seed, self._budget(server_id))

    def _budget(self, server_id: int) -> LiveBudget:
        return LiveBudget(self._seconds, server_id, self._most_seconds)
