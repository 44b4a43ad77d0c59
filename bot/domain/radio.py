"""A radio in a voice channel: what it plays, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RadioSource(StrEnum):
    """What a radio plays."""

    STARS = "stars"
    """The server's clips that have stars; its latest ones where none has."""
    RECENT = "recent"
    PERSON = "person"
    JAMS = "jams"
    """The tracks of the jams that are open, as they are now."""
    JAM = "jam"
    """One jam: its track as it grows, and its mixdown once it is closed."""
    LIVE = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioPlan:
    """What is kept of a radio, so that it comes back after a restart."""

    guild_id: int
    channel_id: int
    """The voice channel."""
    text_channel_id: int
    """Where it shows what it plays."""
    source: RadioSource
    user_id: int
    """Who switched it on."""
    person_id: int | None = None
    """Whose clips it plays, if so."""
    jam_id: int | None = None
    """Which jam it plays, if so."""
    message_id: int | None = None
    """The message that shows what it plays."""
    words: tuple[tuple[str, float], ...] = ()
    """What live music is made from, by weight."""
