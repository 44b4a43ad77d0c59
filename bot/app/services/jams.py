"""Jams: start, play, fork, undo and close them. All steps are idempotent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from weakref import WeakValueDictionary

from bot.domain.clips import Clip
from bot.domain.jams import Jam, JamSnapshot, NewJam
from bot.domain.jobs import ClipSource, Kind, MessageHandle, Order, RequestOrigin
from bot.domain.limits import Limits
from bot.errors import NotNow, RequestError, SoundError
from bot.jams.rounds import (
    HOLD_SECONDS,
    JamStep,
    TurnAnswer,
    due_at,
    may_take,
    next_step,
    waited_for,
)
from bot.jams.track_picture import bars_of, draw_track
from bot.pipeline.jam_turns import track_levels, turn_words
from bot.pipeline.service import Pipeline

_FREE = Limits(daily_seconds=1.0, waiting_per_user=1000, waiting_per_guild=1000, waiting=1000)
"""Limits for free mixdowns that the bot orders itself: they refuse nobody for an amount."""


class JamService:
    """Starts jams and advances them; every step is idempotent."""

    def __init__(self, pipeline: Pipeline, clock: Callable[[], float]) -> None:
        self._pipeline, self._store, self._clock = pipeline, pipeline.store, clock
        self._jams = pipeline.store.jams
        self.card_seconds = pipeline.timings.card_every_seconds
        """Minimum interval between edits of a card."""
        self._openings: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        # One picture at a time: processor time is for generation.
        self._turn = asyncio.Semaphore(1)

    def opening(self, jam_id: int) -> asyncio.Lock:
        """Return the lock for opening the thread of a jam."""
        return self._openings.setdefault(jam_id, asyncio.Lock())

    def on_change(self, listener: Callable[[], None]) -> None:
        """Set the listener that is called when a card may have to change."""
        self._jams.on_change = listener

    async def begin(self, new: NewJam) -> Jam:
        """Start a jam or a fork. Raises Refused if too many are open on the server."""
        return await self._jams.begin(new)

    async def find(self, jam_id: int) -> Jam | None:
        """Return a jam."""
        return await self._jams.get(jam_id)

    async def find_in(self, thread_id: int) -> Jam | None:
        """Return the jam of a thread."""
        return await self._jams.by_thread(thread_id)

    async def snapshot(self, jam_id: int) -> JamSnapshot | None:
        """Return a jam with its track and its players."""
        return await self._jams.snapshot(jam_id)

    async def open_in(self, guild_id: int) -> list[JamSnapshot]:
        """Return the jams that are open on a server."""
        snapshots = [
            await self._jams.snapshot(jam.id) for jam in await self._jams.open_in(guild_id)
        ]
        return [snapshot for snapshot in snapshots if snapshot is not None]

    async def latest_in(self, guild_id: int, channel_ids: Collection[int], limit: int) -> list[Jam]:
        """Return the latest jams in channels of a server, open or closed, newest first."""
        return await self._jams.latest_in(guild_id, channel_ids, limit)

    async def unfinished(self) -> list[Jam]:
        """Return the jams that are not closed, and those whose card is outdated."""
        return await self._jams.unfinished()

    async def take(self, jam_id: int, user_id: int, name: str) -> TurnAnswer:
        """Let a person reserve the turn, and join the rotation if there is one."""
        snapshot = await self._jams.snapshot(jam_id)
        if snapshot is None:
            return TurnAnswer.CLOSED
        answer = may_take(snapshot, user_id, self._clock())
        if answer in (TurnAnswer.CLOSED, TurnAnswer.FULL):
            return answer
        await self._jams.join(jam_id, user_id, name)
        snapshot = await self._jams.snapshot(jam_id)
        if snapshot is None:
            return TurnAnswer.CLOSED
        answer = may_take(snapshot, user_id, self._clock())
        if answer is not TurnAnswer.YOURS:
            return answer
        until = self._clock() + HOLD_SECONDS
        return answer if await self._jams.hold(jam_id, user_id, until) else TurnAnswer.HELD

    def words(self, snapshot: JamSnapshot, words: str) -> str:
        """Return the prompt of a turn."""
        return turn_words(snapshot, words)

    async def advance(self, jam_id: int) -> JamSnapshot | None:
        """Apply what is due in a jam by time; return the jam afterwards.

        Raises NotNow if its mixdown can't be ordered yet.
        """
        snapshot = await self._jams.snapshot(jam_id)
        if snapshot is None:
            return None
        match next_step(snapshot, self._clock()):
            case JamStep.PASS_ON:
                await self._jams.pass_on(snapshot.jam, waited_for(snapshot))
            case JamStep.CLOSE:
                await self._close_with_mixdown(snapshot)
            case JamStep.WAIT:
                return snapshot
        return await self._jams.snapshot(jam_id)

    def seconds_to_next(self, snapshot: JamSnapshot) -> float | None:
        """Return after how long a jam becomes due."""
        due = due_at(snapshot)
        return None if due is None else max(0.0, due - self._clock())

    async def undo(self, jam_id: int, number: int) -> bool:
        """Remove a turn; return False if it is gone, or a turn is being generated."""
        return await self._jams.undo(jam_id, number)

    async def close(self, jam_id: int) -> bool:
        """Close a jam without a mixdown; return False if closed, or a turn is being generated."""
        return await self._jams.close(jam_id)

    async def abandon(self, jam_id: int) -> None:
        """Close a jam whose thread could not be opened or is deleted; nothing more is shown."""
        await self._jams.abandon(jam_id)

    async def _close_with_mixdown(self, snapshot: JamSnapshot) -> None:
        """Close an idle jam with a mixdown, as its starter could. Raises NotNow.

        Somebody else who played is its author if the starter may not make music any more.
        """
        jam, head = snapshot.jam, snapshot.head
        people = dict.fromkeys((jam.user_id, *(part.user_id for part in snapshot.parts[::-1])))
        if head is not None and jam.thread_id is not None:
            for person in filter(None, people):
                if await self._order_mixdown(jam, head, jam.thread_id, person):
                    return
        await self._jams.close(jam.id)

    async def _order_mixdown(self, jam: Jam, head: Clip, thread_id: int, user_id: int) -> bool:
        """Order a mixdown for a person; return False if they may not, or it failed before."""
        order = Order(
            key=f"jam {jam.id}, {head.id}",
            origin=RequestOrigin(user_id=user_id, channel_id=thread_id, guild_id=jam.guild_id),
            kind=Kind.JAM_MIX,
            seconds=0.0,
            seed=head.seed,
            prompt=jam.title,
            source=ClipSource(clip_id=head.id, keep_seconds=head.seconds, whole=True),
            parent_ids=(head.id,),
            locale=jam.locale,
            jam_id=jam.id,
        )
        try:
            job = await self._pipeline.submit(order, _FREE, MessageHandle())
        except NotNow:
            raise
        except RequestError:
            return False
        return not job.state.is_final

    async def record_thread(self, jam_id: int, thread_id: int) -> None:
        """Record the thread of a jam."""
        await self._jams.record_thread(jam_id, thread_id)

    async def record_card(self, jam_id: int, card_id: int | None, version: int) -> None:
        """Record a jam's card message, and the version it shows."""
        await self._jams.record_card(jam_id, card_id, version)

    async def mixdown(self, jam: Jam) -> Clip | None:
        """Return the mixdown of a jam; None where there is none."""
        return None if jam.mix_job_id is None else await self._store.clips.of_job(jam.mix_job_id)

    async def draw_track(self, snapshot: JamSnapshot) -> bytes:
        """Return a picture of the track as PNG."""
        async with self._turn:
            found: list[float] = []
            if snapshot.head is not None:
                try:
                    found = await track_levels(self._store, snapshot.head, bars_of(snapshot))
                except SoundError:
                    found = []
            return await asyncio.to_thread(draw_track, snapshot, found)
