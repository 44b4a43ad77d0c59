"""An order, the job that it becomes, and its origin.

Ids of people, servers, channels and messages are Discord's, as plain integers; nothing here depends
on Discord.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.generation import Sampling
from bot.domain.mixes import MixOrder
from bot.i18n.sentence import Sentence

MAX_PROMPT_CHARACTERS = 400
"""How long a prompt may be on Discord."""

USUAL_MAX_BYTES = 10 * 2**20
"""The largest file that anyone may post on Discord."""


REMIX_KEEP_SECONDS = 5.0
"""How much of its source a remix keeps by default, rounded to whole bars."""


class Kind(StrEnum):
    """How a clip was made."""

    MUSIC = "music"
    RANDOM = "random"
    REMIX = "remix"
    CONTINUE = "continue"
    AGAIN = "again"
    LOOP = "loop"
    MIX = "mix"
    JAM_TURN = "jam turn"
    JAM_MIX = "jam mixdown"


MADE_BY_BOT = frozenset({Kind.LOOP, Kind.MIX, Kind.JAM_MIX})
"""Kinds that the bot makes from finished clips: without the model, and free."""


class Keep(StrEnum):
    """What a remix keeps of its source."""

    END = "end"
    """It continues from the last bars."""
    START = "start"
    """It begins as the source does."""
    TUNE = "tune"
    """It follows the melody, if the model can."""


class JobState(StrEnum):
    """The state of a job. The last four are final; a held clip can still be fetched."""

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
        """Return whether the job has ended."""
        return self in (self.DELIVERED, self.FAILED, self.CANCELLED, self.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOrigin:
    """Who asked, and where. Without a guild it is a direct message or a private channel."""

    user_id: int
    channel_id: int
    guild_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHandle:
    """A handle for editing the message that shows a job.

    The token edits it without permissions until it expires; the message id does where the bot may
    post. The token is deleted when it has expired.
    """

    token: str | None = field(default=None, repr=False)
    expires_at: float = 0.0
    message_id: int | None = None
    max_bytes: int = USUAL_MAX_BYTES
    """The largest file that may be posted there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSource:
    """A clip that a new one continues or is cut from.

    Its last `keep_seconds` are the audio prompt; `include` puts them into the new clip. With `keep`
    it is whole bars of about that length, at the end or the start.
    """

    clip_id: int
    keep_seconds: float
    include: bool = True
    keep: Keep | None = None
    """What a remix keeps; None for what is no remix, and for those from before it was asked."""
    keep_harmony: bool = False
    """Whether its tempo and its harmony stay, where the model can hold on to them."""
    whole: bool = False
    """Whether the sound before the audio prompt is put into the new clip, too."""
    keep_stems: tuple[str, ...] = ()
    """The stems that the new clip keeps as they are; then there is no audio prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSource:
    """An uploaded sound that a new clip continues. `file` is a name in the store's uploads folder.

    Its last `keep_seconds` are the audio prompt; `include` puts them into the new clip. With `keep`
    it is whole bars of about that length, at the end or the start.
    """

    file: str
    keep_seconds: float
    include: bool = True
    keep: Keep | None = None
    """What a remix keeps; None for what is no remix, and for those from before it was asked."""
    keep_harmony: bool = False
    """Whether its tempo and its harmony stay, where the model can hold on to them."""
    keep_stems: tuple[str, ...] = ()
    """The stems that the new clip keeps as they are; then there is no audio prompt."""
    name: str | None = None
    """The uploaded file's name; None for old orders, which did not record it."""


Source = ClipSource | UploadSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person asked for. The key makes repeating an order idempotent."""

    key: str
    origin: RequestOrigin
    kind: Kind
    seconds: float
    seed: int
    prompt: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    source: Source | None = None
    mix: MixOrder | None = None
    """The clips of a mix, which has no `source`."""
    parent_ids: tuple[int, ...] = ()
    as_loop: bool = False
    """Whether it is cut to a seamless loop."""
    locale: str | None = None
    """The language of its messages, by Discord's code; None is English."""
    battle_id: int | None = None
    """The battle that it is an entry of; then its clip is private."""
    jam_id: int | None = None
    """The jam that it is a turn of, or the mixdown of."""
    daily_id: int | None = None
    """The daily prompt that it was made from."""
    group_key: str | None = None
    """The key of the first take in its message; None for a single take."""
    is_private: bool = False
    """Whether its clip is shown to its person alone, until they post it."""

    @property
    def is_for_one(self) -> bool:
        """Return whether its clip is shown to its person only."""
        return self.is_private or self.battle_id is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An accepted order. Times are seconds since 1970."""

    id: int
    order: Order
    state: JobState
    attempts: int
    """How many workers crashed with it."""
    interruptions: int
    """How often the bot's process ended while it worked at this job or delivered its clip."""
    created_at: float
    message: MessageHandle
    clip_id: int | None = None
    sentence: Sentence | None = None
    """Why it ended without a posted clip, for its person."""
    notice_pending: bool = False
    """Whether the person was not notified of that yet."""
