"""A radio's plan: what it plays, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RadioSource(StrEnum):
    """What a radio plays."""

    STARS = "stars"
    """The server's starred clips; its latest ones if none has stars."""
    RECENT = "recent"
    PERSON = "person"
    JAMS = "jams"
    """The present tracks of open jams."""
    JAM = "jam"
    """One jam: its growing track, then its mixdown."""
    LIVE = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioPlan:
    """A radio's plan, stored so that it is restored after a restart."""

    guild_id: int
    channel_id: int
    """The voice channel."""
    text_channel_id: int
    """The channel of its card."""
    source: RadioSource
    user_id: int
    """Who started it."""
    person_id: int | None = None
    """The person whose clips it plays, if any."""
    jam_id: int | None = None
    """The jam that it plays, if any."""
    message_id: int | None = None
    """The message with its card."""
    words: tuple[tuple[str, float], ...] = ()
    """The weighted prompts of live music."""
