"""The frozen values of the bot: what a person orders, the job that comes of it, and the clip.

Ids of people, servers, channels and messages are Discord's, as plain numbers: nothing here knows
Discord itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from bot.jobs import Sampling

MAX_PROMPT_CHARACTERS = 400

USUAL_MAX_BYTES = 10 * 2**20
"""How large a file anyone may post on Discord."""


class Kind(StrEnum):
    """How a clip came to be."""

    MUSIC = "music"
    RANDOM = "random"
    REMIX = "remix"
    CONTINUE = "continue"
    AGAIN = "again"
    LOOP = "loop"


class JobState(StrEnum):
    """Where a job stands; the last four are final, but that a held clip can still be fetched."""

    QUEUED = "queued"
    RUNNING = "running"
    RENDERED = "rendered"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"
    HELD = "held"

    @property
    def is_final(self) -> bool:
        """Tell whether nothing more is going to happen by itself."""
        return self in (self.DELIVERED, self.FAILED, self.CANCELLED, self.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Who asked, and where; without a server it is a direct message or a private channel."""

    user_id: int
    channel_id: int
    guild_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How the message that shows a job can be reached.

    The token edits it without further rights until it expires; the message id does so where the bot
    may speak. Kept no longer than the token lives.
    """

    token: str | None = field(default=None, repr=False)
    expires_at: float = 0.0
    message_id: int | None = None
    max_bytes: int = USUAL_MAX_BYTES
    """How large a file may be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The sound that a clip goes on from: one of our clips, or an upload kept as a file.

    Exactly one of `clip_id` and `upload` is set; `upload` is a name in the store's folder of
    uploads. Its last `keep_seconds` are heard; `include` puts them into the new clip.
    """

    clip_id: int | None = None
    upload: str | None = None
    keep_seconds: float
    include: bool = True
    whole: bool = False
    """Whether what is too far back to be heard comes into the new clip as well."""
    keep_stems: tuple[str, ...] = ()
    """The stems that the new clip has as they are; then none of the sound is gone on from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person wants. The key tells a repeated order from a new one."""

    key: str
    place: Place
    kind: Kind
    seconds: float
    seed: int
    prompt: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    source: Source | None = None
    parent_ids: tuple[int, ...] = ()
    as_loop: bool = False
    """Whether it is cut so that it repeats without a bump."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An order that was accepted. Times are seconds since 1970."""

    id: int
    order: Order
    state: JobState
    attempts: int
    created_at: float
    answer: Answer
    clip_id: int | None = None
    sentence: str | None = None
    """What the person was told, if it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A clip that was made. `file` is a name in the store's folder of clips, lossless."""

    id: int
    job_id: int
    place: Place
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one person may have right now, in their server: the caller has resolved the tiers."""

    daily_seconds: float
    waiting_per_user: int
    waiting_per_guild: int
    waiting: int
    guild_daily_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How much of their seconds of today a person has used; reserved ones count as used."""

    used_seconds: float
    daily_seconds: float
    resets_at: float

    @property
    def left_seconds(self) -> float:
        """Return what is left of today."""
        return max(0.0, self.daily_seconds - self.used_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildSettings:
    """What the managers of a server have set; None and empty leave the configuration's word."""

    guild_id: int
    daily_seconds: float | None = None
    guild_daily_seconds: float | None = None
    waiting: int | None = None
    max_seconds: float | None = None
    channel_ids: frozenset[int] = frozenset()
    tiers: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))
    """Seconds a day by role id; a person has the most that any of their roles gives."""
    blocked_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """What is playing: the loaded model, as the worker tells it."""

    name: str
    licence: str
    channels: int
    sample_rate_hz: int
    sampling: Sampling
    slots: int
    device: str
    load_seconds: float
    stems: tuple[str, ...] = ()
    """What its clips can be taken apart into; nothing with most models."""
    fingerprint: str = ""
    """That of its codebooks, where it has stems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a job is on its way, for the person who waits.

    `ahead` jobs are before it, of anyone; `share` of its sound is made; `seconds_left` is None
    while no pace is known.
    """

    ahead: int
    share: float
    seconds_left: float | None
    is_running: bool
    model_is_ready: bool
    trouble: str | None = None
    """Why the model can't be loaded, in a sentence."""
