"""A page of /history."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.clips import Clip

CLIPS_A_PAGE = 10


class HistoryScope(StrEnum):
    """Whose clips are listed."""

    MINE = "mine"
    EVERYONE = "everyone"
    """The server's clips that the person can see."""
    STARRED = "starred"
    """Those that the person has starred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """The query of a page; it fits into a button's custom id."""

    whose: HistoryScope = HistoryScope.MINE
    words: str = ""
    """Words that the prompts must all contain."""
    page: int = 0
    """From 0, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """The found clips, newest first; starred ones by their latest star."""

    query: HistoryQuery
    clips: tuple[Clip, ...]
    has_more: bool
