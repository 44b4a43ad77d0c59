"""Replace parts of a text, and clean up separators and dangling words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_OPENER = r"(?:with|featuring|and|that has|plus|in|at|of|a|an|the)"
_MENDS = tuple(
    (re.compile(pattern, re.IGNORECASE), by)
    for pattern, by in (
        (r"\s+", " "),
        (r" (?=[,.;!，。、])", ""),
        # A dangling word such as "with" or "and".
        (rf"\b{_OPENER}(?=\s*(?:[,.;，。]|$))", ""),
        (r"\b(with|featuring|plus) (?:and\b|or\b|,) ?", r"\1 "),
        (r"\b(?:with|featuring) (?=(?:with|featuring|without)\b)", ""),
        (r"\band (?=(?:and|with|,)\b)", ""),
        (r", ?and (?=,|$)", ", "),
        (r"(?:[,;] ?)+(?=[,;])", ""),
        (r"[，、]+(?=[，、。])", ""),
        (r"(?<=[，、])的|^的|的(?=[，、。]|$)", ""),
        (r"(?:有|带有|加上|要有|带)(?=[，、。]|$)", ""),
        (r"^(?:and|or|but)\b ?", ""),
        (r"^[\s,.;，。、]+|[\s,;，、]+$", ""),
    )
)


@dataclass(frozen=True, slots=True)
class Edit:
    """A range of a text and its replacement."""

    start: int
    stop: int
    text: str


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Return a text with edits applied; of overlapping ones the longest wins.

    Of edits at the same place a replacement wins over a deletion; all insertions apply.
    """
    chosen: list[Edit] = []
    for edit in sorted(edits, key=lambda each: (each.start - each.stop, not each.text)):
        is_insertion = edit.start == edit.stop
        if is_insertion or not any(
            edit.start < other.stop and other.start < edit.stop for other in chosen
        ):
            chosen.append(edit)
    for edit in sorted(chosen, key=lambda each: (each.start, each.stop), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.stop :]
    return text


def tidy(text: str) -> str:
    """Return a text without doubled separators and dangling words."""
    before = None
    while before != text:
        before = text
        for pattern, by in _MENDS:
            text = pattern.sub(by, text)
    return text
