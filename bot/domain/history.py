"""A page of the clips that were made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.clips import Clip

CLIPS_A_PAGE = 10


class HistoryScope(StrEnum):
    """Whose clips are listed."""

    MINE = "mine"
    EVERYONE = "everyone"
    """Those of a server that the person can see there."""
    STARRED = "starred"
    """Those that the person has starred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """What a person asks to see; all of it fits into the custom id of a button."""

    whose: HistoryScope = HistoryScope.MINE
    words: str = ""
    """All of these are in the prompts."""
    page: int = 0
    """From 0, the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """What was found, newest first; of what was starred, the latest starred first."""

    query: HistoryQuery
    clips: tuple[Clip, ...]
    has_more: bool
