"""A person's preferences."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """A person's preferences; None is the bot's default."""

    wants_ping: bool = True
    """Whether they are pinged when a clip that they waited for is ready."""
    seconds: float | None = None
    """The default length of their clips."""
    is_private: bool = False
    """Whether their clips are private until they post them."""
    as_voice: bool = False
    """Whether their clips are also posted as voice messages."""
    language: str | None = None
    """Their language, by Discord's code."""
