"""Insert a new clip into the database."""

from __future__ import annotations

import json
from dataclasses import dataclass

import aiosqlite

from bot.domain.bar_grid import BarGrid
from bot.domain.clips import Clip
from bot.domain.generation import Sampling
from bot.domain.jobs import Kind, RequestOrigin
from bot.domain.mixes import Mixed
from bot.store.rows import CLIP_COLUMNS, clip_of, fields_json, sampling_json


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClip:
    """A clip that is on disk and not yet in the database."""

    job_id: int
    origin: RequestOrigin
    kind: Kind
    prompt: str | None
    seconds: float
    seconds_before: float
    seed: int
    sampling: Sampling
    model: str
    file: str
    parent_ids: tuple[int, ...]
    made_in_seconds: float
    bpm: float | None = None
    key: str | None = None
    loops: bool = False
    stems: tuple[str, ...] = ()
    upload_name: str | None = None
    mixed: Mixed | None = None
    grid: BarGrid | None = None


async def insert_clip(connection: aiosqlite.Connection, clip: NewClip, now: float) -> Clip:
    """Insert a clip and its parents, within the caller's transaction."""
    origin = clip.origin
    cursor = await connection.execute(
        "INSERT INTO clips (job_id, user_id, guild_id, channel_id, kind, prompt, seconds, "
        "seconds_before, seed, sampling, model, file, created_at, made_in_seconds, bpm, key, "
        "loops, stems, upload_name, mixed, grid, is_private) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "(SELECT is_private FROM jobs WHERE id = ?))",
        (
            clip.job_id, origin.user_id, origin.guild_id, origin.channel_id, clip.kind, clip.prompt,
            clip.seconds, clip.seconds_before, clip.seed, sampling_json(clip.sampling), clip.model,
            clip.file, now, clip.made_in_seconds, clip.bpm, clip.key, clip.loops,
            json.dumps(clip.stems), clip.upload_name, fields_json(clip.mixed),
            fields_json(clip.grid), clip.job_id,
        ),
    )  # fmt: skip
    id_ = cursor.lastrowid
    await connection.executemany(
        "INSERT INTO clip_parents (clip_id, parent_id) VALUES (?, ?)",
        [(id_, parent) for parent in clip.parent_ids],
    )
    (row,) = await connection.execute_fetchall(
        f"SELECT {CLIP_COLUMNS} FROM clips WHERE id = ?",  # noqa: S608 - ours
        (id_,),
    )
    return clip_of(row)
