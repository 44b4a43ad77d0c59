"""How a person likes to be served."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a person has set for themselves; None is as the bot has it."""

    is_called: bool = True
    """Whether they are called when a clip is ready that they waited for."""
    seconds: float | None = None
    """How long the clips are that they ask for without a length."""
    is_private: bool = False
    """Whether they alone see their clips, until they post them."""
    as_voice: bool = False
    """Whether their clips are posted as voice messages, too."""
    language: str | None = None
    """The language that they read, by Discord's code."""
