"""A clip that was made, and what its file tells of it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.generation import Sampling
from bot.domain.jobs import Kind, RequestOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A clip that was made. `file` is a name in the store's folder of clips, lossless."""

    id: int
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
    created_at: float
    made_in_seconds: float
    message_id: int | None = None
    is_deleted: bool = False
    bpm: float | None = None
    key: str | None = None
    loops: bool = False
    stems: tuple[str, ...] = ()
    """What it can be taken apart into; nothing where its codes are not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """How a clip was made, as its file tells."""

    prompt: str | None
    seed: int
    model: str
    kind: str
    parent_ids: tuple[int, ...] = ()
    clip_id: int | None = None
    """Which of a server's clips it is; one that was made at a command line is none."""
    guidance: float | None = None
    temperature: float | None = None
    top_k: int | None = None
    bpm: float | None = None
    key: str | None = None
    loops: bool = False
    stem: str | None = None
    """Which part of the clip it is, where it is not all of it."""
