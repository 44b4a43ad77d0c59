"""The facets of music that a prompt can describe, and a phrase about one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Facet(Enum):
    """A facet of music, such as style or tempo."""

    STYLE = auto()
    ERA = auto()
    MOOD = auto()
    PACE = auto()
    """A tempo as a word, such as slow."""
    TEMPO = auto()
    """A tempo as a number."""
    KEY = auto()
    METER = auto()
    INSTRUMENT = auto()
    DRUMS = auto()


class Degree(Enum):
    """How a phrase is meant: plainly, more of it, less of it."""

    PLAIN = auto()
    MORE = auto()
    """A comparative: more of it than there was."""
    LESS = auto()
    """Less of it, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A part of a text that describes a facet; positions are in characters.

    `name` is the canonical name of the meaning, the same in every language.
    """

    facet: Facet
    name: str
    start: int
    stop: int
    degree: Degree = Degree.PLAIN
