"""A part of a clip as a soundboard sound, within Discord's limits."""

from __future__ import annotations

from dataclasses import dataclass

MOST_SECONDS = 5.2
MOST_BYTES = 512_000
LEAST_NAME_CHARACTERS, MOST_NAME_CHARACTERS = 2, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundboardSound:
    """The contents of a soundboard sound."""

    data: bytes
    """MP3."""
    name: str
    seconds: float


def name_of(words: str | None, clip_id: int) -> str:
    """Return a soundboard sound's name: the prompt as far as it fits, else the clip's number."""
    named = " ".join((words or "").split())
    if len(named) > MOST_NAME_CHARACTERS:
        shorter, _, cut = named[: MOST_NAME_CHARACTERS + 1].rpartition(" ")
        named = shorter if len(shorter) > len(cut) else named[:MOST_NAME_CHARACTERS]
    return named if len(named) >= LEAST_NAME_CHARACTERS else f"clip {clip_id}"
