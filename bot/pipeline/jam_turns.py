"""Prompts, mixdowns and credits of jams."""

from __future__ import annotations

import asyncio

from bot.audio.editing.mixdown import even_out
from bot.audio.files.masters import read_master
from bot.audio.files.picture import levels
from bot.domain.clips import Clip
from bot.domain.generation import Sound
from bot.domain.jams import JamSnapshot
from bot.domain.jobs import MAX_PROMPT_CHARACTERS, ClipSource, Job, Kind
from bot.errors import JobError
from bot.pipeline.source_sounds import SOURCE_DELETED, SourceSounds
from bot.store.store import Store
from bot.words.join import TempoAndKey, join_words


def turn_words(snapshot: JamSnapshot, words: str) -> str:
    """Return the prompt of a turn: the words of its person with those of the jam."""
    known = TempoAndKey(bpm=snapshot.bpm, key=snapshot.jam.music_key)
    return join_words(snapshot.jam.style, words, known, most=MAX_PROMPT_CHARACTERS)


async def mix_down(store: Store, sources: SourceSounds, job: Job) -> tuple[Sound, Clip]:
    """Return a jam's track with its parts equally loud, and the clip that was the track before.

    Raises JobError if the track is deleted.
    """
    source, jam_id = job.order.source, job.order.jam_id
    if not isinstance(source, ClipSource) or jam_id is None:
        raise JobError(SOURCE_DELETED)
    head = await sources.clip(source)
    snapshot = await store.jams.snapshot(jam_id)
    starts = [] if snapshot is None else [part.starts_at_seconds for part in snapshot.parts]
    whole = await asyncio.to_thread(read_master, store.clips_folder / head.file)
    return await asyncio.to_thread(even_out, whole, starts), head


async def people_in(store: Store, clip: Clip) -> tuple[str, ...]:
    """Return the names of the people who made a mixdown; empty for any other clip."""
    if clip.kind is not Kind.JAM_MIX:
        return ()
    job = await store.jobs.get(clip.job_id)
    jam_id = None if job is None else job.order.jam_id
    return () if jam_id is None else await store.jams.names(jam_id)


async def track_levels(store: Store, head: Clip, count: int) -> list[float]:
    """Return the loudness of `count` equal stretches of a track. Raises SoundError."""
    sound = await asyncio.to_thread(read_master, store.clips_folder / head.file)
    return [float(level) for level in await asyncio.to_thread(levels, sound, count)]
