"""Add stored style words to a typed prompt.

Typed words win: parts of the stored words that contradict or repeat them are dropped.
"""

from __future__ import annotations

import re

from bot.words.contradictions import are_opposite_moods, are_opposite_styles, oppose_pace
from bot.words.facets import Facet, Phrase
from bot.words.phrases import is_chinese, read_phrases

_PARTS = re.compile(r"\s*[,;，；、]\s*")


def with_style(typed: str | None, style: str | None, *, most: int) -> str | None:
    """Return a prompt with style words appended, of at most `most` characters."""
    if not typed or not style:
        return typed or style
    asked = read_phrases(typed)
    joiner = "，" if is_chinese(typed) else ", "
    words = typed
    for part in _PARTS.split(style):
        is_new = part and part.casefold() not in words.casefold()
        if is_new and not _is_contradicted(part, asked):
            longer = f"{words}{joiner}{part}"
            words = longer if len(longer) <= most else words
    return words


def _is_contradicted(part: str, asked: tuple[Phrase, ...]) -> bool:
    return any(_excludes(new, old) for old in read_phrases(part) for new in asked)


def _excludes(new: Phrase, old: Phrase) -> bool:
    match new.facet, old.facet:
        case (Facet.STYLE, Facet.STYLE):
            return are_opposite_styles(new.name, old.name)
        case (Facet.MOOD, Facet.MOOD):
            return are_opposite_moods(new.name, old.name)
        case (Facet.MOOD, Facet.PACE):
            return oppose_pace(new.name, old.name)
        case (Facet.PACE, Facet.MOOD):
            return oppose_pace(old.name, new.name)
        case (Facet.PACE | Facet.TEMPO, Facet.PACE | Facet.TEMPO):
            return True
        case (Facet.DRUMS, Facet.DRUMS):
            return (new.name, new.degree) != (old.name, old.degree)
        case (Facet.INSTRUMENT, Facet.INSTRUMENT):
            return new.name == old.name and new.degree is not old.degree
        case _:
            return new.facet is old.facet and new.name != old.name
