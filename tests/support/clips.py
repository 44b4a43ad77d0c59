"""Clips as the store returns them, with default values."""

from __future__ import annotations

from bot.domain.clips import Clip
from bot.domain.generation import Sampling
from bot.domain.jobs import Kind, RequestOrigin


def clip(id_, *, user_id=1, kind=Kind.MUSIC, parents=(), prompt="90s rock", is_deleted=False):
    """Return a clip of ten seconds."""
    return Clip(
        id=id_,
        job_id=id_,
        origin=RequestOrigin(user_id=user_id, channel_id=5, guild_id=10),
        kind=kind,
        prompt=None if is_deleted else prompt,
        seconds=10.0,
        seconds_before=0.0,
        seed=1,
        sampling=Sampling(),
        model="scripted",
        file=f"{id_}.flac",
        parent_ids=parents,
        created_at=0.0,
        made_in_seconds=1.0,
        is_deleted=is_deleted,
    )
