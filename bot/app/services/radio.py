"""The clips that a radio plays, and the stored plans of radios."""

from __future__ import annotations

import asyncio

from bot.domain.clips import Clip
from bot.domain.jams import JamState
from bot.domain.radio import RadioPlan, RadioSource
from bot.domain.sight import Sight
from bot.pipeline.service import Pipeline
from bot.voice.loading import load_track
from bot.voice.track import Track


class RadioService:
    """The clips of radios."""

    def __init__(self, pipeline: Pipeline, most_clips: int = 200) -> None:
        self._store, self._most_clips = pipeline.store, most_clips
        self._notes = pipeline.notes
        # One at a time: processor time is for generation.
        self._turn = asyncio.Semaphore(1)

    async def clips(self, plan: RadioPlan, sight: Sight) -> list[Clip]:
        """Return up to `most_clips` clips in sight that a radio may choose from; of jams, all."""
        store, guild_id = self._store, plan.guild_id
        if plan.source is RadioSource.PERSON and plan.person_id is not None:
            return await store.clips.shown_of(plan.person_id, guild_id, sight, self._most_clips)
        if plan.source is RadioSource.JAMS:
            snapshots = [
                await store.jams.snapshot(jam.id) for jam in await store.jams.open_in(guild_id)
            ]
            return [
                snapshot.head
                for snapshot in snapshots
                if snapshot is not None and snapshot.head is not None
            ]
        if plan.source is RadioSource.JAM and plan.jam_id is not None:
            return await self._of_jam(plan.jam_id, guild_id)
        if plan.source is RadioSource.STARS:
            starred = await store.stars.top(guild_id, sight, self._most_clips)
            if starred:
                return starred
        return await store.clips.of_guild(guild_id, sight, self._most_clips)

    async def _of_jam(self, jam_id: int, guild_id: int) -> list[Clip]:
        """Return a closed jam's mixdown, else its present track."""
        snapshot = await self._store.jams.snapshot(jam_id)
        if snapshot is None or snapshot.jam.guild_id != guild_id:
            return []
        mix_job_id = snapshot.jam.mix_job_id
        if snapshot.jam.state is JamState.CLOSED and mix_job_id is not None:
            mixdown = await self._store.clips.of_job(mix_job_id)
            if mixdown is not None and not mixdown.is_deleted:
                return [mixdown]
        return [] if snapshot.head is None else [snapshot.head]

    async def grown_at(self, jam_id: int, old_clip_id: int, head: Clip) -> float | None:
        """Return up to which second a jam's track equals an older clip of it.

        None if the head has not grown from that clip.
        """
        snapshot = await self._store.jams.snapshot(jam_id)
        if snapshot is None or snapshot.head is None or snapshot.head.id != head.id:
            return None
        ids = [None if part.clip is None else part.clip.id for part in snapshot.parts]
        if old_clip_id not in ids[:-1]:
            return None
        return snapshot.parts[ids.index(old_clip_id) + 1].starts_at_seconds

    async def load(self, clip: Clip) -> Track:
        """Return a clip ready to play. Raises SoundError if its sound is deleted."""
        async with self._turn:
            path = self._store.clips_folder / clip.file
            written = await self._notes.analyse(clip)
            return await asyncio.to_thread(
                load_track, path, clip.id, loops=clip.loops, written=written
            )

    async def begin(self, plan: RadioPlan) -> None:
        """Store the plan of a radio that begins, so that it is restored after a restart."""
        await self._store.radios.begin(plan)

    async def update(self, plan: RadioPlan) -> None:
        """Store what changes in a running radio's plan, unless it was deleted with a person."""
        await self._store.radios.update(plan)

    async def drop(self, guild_id: int) -> None:
        """Delete the plan of a server's radio."""
        await self._store.radios.drop(guild_id)

    async def kept(self) -> list[RadioPlan]:
        """Return the stored plans."""
        return await self._store.radios.all()
