"""Find the keys that a text names, however they are spelled."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.words.facets import Facet, Phrase

_SPELLED = (
    r"(?P<note>[A-Ga-g])(?P<accidental>#|♯|b|♭|[\s-]?sharp|[\s-]?flat)?[\s-]?"
    r"(?P<mode>major|minor|maj|min)(?![A-Za-z])"
)
_KEY = re.compile(
    r"(?P<lead>\b(?:in\s+(?:the\s+)?(?:key\s+of\s+)?|(?:the\s+)?key\s+of\s+))?"
    rf"(?<![A-Za-z0-9]){_SPELLED}(?!\s+key)"
    r"|(?P<sign>[升降])?(?P<zh_note>[A-Ga-g])\s*(?P<zh_mode>[大小])调",
)
# The built-in model's tokenizer reads a key however it is spelled.
_TOKENIZED_KEY = re.compile(
    rf"(?<![A-Za-z])(?:{_SPELLED}|[A-G][#♯b♭]?m(?![A-Za-z]))"
    r"|(?:(?<=\bin )|(?<=\bkey of ))(?:[A-G][#♯b♭]|[B-G])(?![\w#'&-])"
)
_MODE = re.compile(
    r"(?:\bin\s+)?(?:\ba\s+)?\b(?P<mode>major|minor)\s+key\b|\bin\s+(?P<plain>major|minor)\b"
    r"|(?<![A-Ga-g])(?P<zh_mode>[大小])调",
    re.IGNORECASE,
)
_NOTES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR_NAMES = {1: "C#", 8: "G#"}


def find_keys(text: str) -> Iterator[Phrase]:
    """Yield the keys and modes that a text names, in English and Chinese."""
    ends = 0
    for match in _KEY.finditer(text):
        note, mode = match["note"] or match["zh_note"], match["mode"] or match["zh_mode"]
        is_bare = match["lead"] is None and match["accidental"] is None
        if match["note"] == "a" and is_bare and re.match(r"\s+\w", text[match.end() :]):
            continue  # an article: "a minor blues"
        accidental = (match["accidental"] or match["sign"] or "").strip(" -").lower()
        shift = {"#": 1, "♯": 1, "sharp": 1, "升": 1, "": 0}.get(accidental, -1)
        is_minor = mode.lower().startswith("min") or mode == "小"
        tonic = (_NOTES[note.lower()] + shift) % 12
        ends = match.end()
        yield Phrase(
            facet=Facet.KEY, name=key_name(tonic, is_minor=is_minor), start=match.start(), stop=ends
        )
    for match in _MODE.finditer(text):
        if match.start() >= ends:
            mode = (match["mode"] or match["plain"] or match["zh_mode"]).lower()
            name = {"大": "major", "小": "minor"}.get(mode, mode)
            yield Phrase(facet=Facet.KEY, name=name, start=match.start(), stop=match.end())


def key_name(tonic: int, *, is_minor: bool) -> str:
    """Return a key's name, in the spelling of detected keys."""
    if is_minor:
        return f"{_MINOR_NAMES.get(tonic, _NAMES[tonic])} minor"
    return f"{_NAMES[tonic]} major"


def remove_keys(text: str) -> str:
    """Return a text without the keys that the built-in model's tokenizer reads."""
    return _TOKENIZED_KEY.sub(" ", text)
