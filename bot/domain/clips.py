"""A finished clip, and the tags of its file."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.bar_grid import BarGrid
from bot.domain.generation import Sampling
from bot.domain.jobs import Kind, RequestOrigin
from bot.domain.mixes import Mixed


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A finished clip. `file` is the name of a lossless file in the store's clips folder."""

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
    stars: int = 0
    """How many people have starred it, its author not counted."""
    upload_name: str | None = None
    """The name of the uploaded file that it was made from."""
    mixed: Mixed | None = None
    """How a mix was made of its parents."""
    stems: tuple[str, ...] = ()
    """The stems it can be split into; empty where its codes are not kept."""
    is_private: bool = False
    """Whether only its person can see it, until they post it."""
    grid: BarGrid | None = None
    """Its bar grid if it was cut to whole bars, as jam tracks are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """How a clip was made, as stored in its file."""

    prompt: str | None
    seed: int | None
    """None for an anonymous entry: some people always use the same one."""
    model: str
    kind: str
    parent_ids: tuple[int, ...] = ()
    clip_id: int | None = None
    """The clip's id in the database; None for a clip of the command line."""
    guidance: float | None = None
    temperature: float | None = None
    top_k: int | None = None
    bpm: float | None = None
    key: str | None = None
    loops: bool = False
    stem: str | None = None
    """The stem in this file; None for the whole mix."""
    people: tuple[str, ...] = ()
    """The names of the people who made it together."""
    entry: tuple[int, int] | None = None
    """Battle and entry number of an anonymous entry, instead of identifying tags."""
