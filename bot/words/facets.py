"""What a prompt can say of music, and a phrase of one that says it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Facet(Enum):
    """A side of music that words speak of."""

    STYLE = auto()
    ERA = auto()
    MOOD = auto()
    PACE = auto()
    """A tempo in a word, such as slow."""
    TEMPO = auto()
    """A tempo as a number."""
    KEY = auto()
    METER = auto()
    INSTRUMENT = auto()
    DRUMS = auto()


class Degree(Enum):
    """How a phrase is meant."""

    PLAIN = auto()
    MORE = auto()
    """A comparative: more of it than there was."""
    LESS = auto()
    """Less of it, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A part of a text that says something of music; places are in characters.

    `name` is the same for all words that mean the same, in every language.
    """

    facet: Facet
    name: str
    start: int
    stop: int
    degree: Degree = Degree.PLAIN
