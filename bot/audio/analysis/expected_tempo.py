"""The tempo that a prompt asks for: BPM, or a word such as slow."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

SLOWEST_BPM, FASTEST_BPM = 40.0, 240.0
"""What is taken for a tempo where a prompt names a number."""

_NUMBER = re.compile(
    r"(?<![\d.])(\d{2,3}(?:\.\d+)?)\s*-?\s*(?:bpm\b|beats\s+(?:per|a)\s+minute|拍)", re.IGNORECASE
)
_SLOW = re.compile(r"\b(?:slow|slowly|downtempo|largo|adagio|lento)\b|慢", re.IGNORECASE)
_FAST = re.compile(r"\b(?:fast|quick|uptempo|up-tempo|presto|allegro|vivace)\b|快", re.IGNORECASE)
_SLOW_BPM, _FAST_BPM = 76.0, 152.0
_NUMBER_OCTAVES, _WORD_OCTAVES = 0.15, 0.5
_LEAST_PREFERENCE = -2.0
_NEAR_SHARE = 0.04


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedTempo:
    """A tempo, its tolerance in octaves, and whether the prompt gives a number."""

    bpm: float
    octaves: float
    is_number: bool

    def preference(self, bpm: float) -> float:
        """Return the log-likelihood of a tempo; 0 for the expected one."""
        distance = math.log2(bpm / self.bpm) / self.octaves
        return max(_LEAST_PREFERENCE, -0.5 * distance**2)

    def is_met(self, bpm: float) -> bool:
        """Return whether a tempo is within 4 % of the number in the prompt."""
        return self.is_number and abs(bpm / self.bpm - 1) <= _NEAR_SHARE


def expected_tempo(prompt: str | None) -> ExpectedTempo | None:
    """Return the tempo that a prompt asks for; None if none, or both slow and fast."""
    if not prompt:
        return None
    for found in _NUMBER.finditer(prompt):
        bpm = float(found[1])
        if SLOWEST_BPM <= bpm <= FASTEST_BPM:
            return ExpectedTempo(bpm=bpm, octaves=_NUMBER_OCTAVES, is_number=True)
    is_slow, is_fast = bool(_SLOW.search(prompt)), bool(_FAST.search(prompt))
    if is_slow == is_fast:
        return None
    bpm = _SLOW_BPM if is_slow else _FAST_BPM
    return ExpectedTempo(bpm=bpm, octaves=_WORD_OCTAVES, is_number=False)
