"""Tell triads from the strength of pitch classes, by templates of triads and of their sevenths.

A seventh chord has all tones of two triads (Am7 those of A minor and of C major), and of those its
own root is in the bass. On 57 composed pieces 70 % of roots are right, of triads without the bass
60 %. Which seventh it was is right too seldom to be told.

Sources: Fujishima 1999 (chord recognition by templates of pitch classes); Mauch & Dixon 2010 (a
chroma of the bass beside that of the treble).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

_INTERVALS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "maj": (0, 4, 7),
        "min": (0, 3, 7),
        "7": (0, 4, 7, 10),
        "maj7": (0, 4, 7, 11),
        "m7": (0, 3, 7, 10),
    }
)
_MINOR = ("min", "m7")

_STRENGTHS, _OTHER = (1.0, 0.8, 0.8, 0.6), -0.35
_BASS_WEIGHT = 0.2
_SEVENTH_HANDICAP = 0.12
"""How much better a seventh must fit: a melody's tones are easily taken for one."""


@dataclass(frozen=True, slots=True)
class Chord:
    """A triad: its root as a pitch class, 0 for C, and whether it is minor."""

    root: int
    is_minor: bool


def find_chord(classes: NDArray[np.float64], bass: NDArray[np.float64]) -> Chord | None:
    """Return the triad of the chord that pitch classes [12] are most like; None for silence.

    `bass` are the classes of low tones alone: zeros if there are none.
    """
    strength = np.linalg.norm(classes)
    if not strength:
        return None
    likeness = _templates() @ (classes / strength)
    scores = likeness.reshape(len(_INTERVALS), 12)
    if bass.any():
        scores = scores + _BASS_WEIGHT * bass / bass.sum()
    handicaps = [_SEVENTH_HANDICAP * (len(tones) > 3) for tones in _INTERVALS.values()]
    kind, root = divmod(int((scores - np.array(handicaps)[:, None]).argmax()), 12)
    return Chord(root, list(_INTERVALS)[kind] in _MINOR)


@cache
def _templates() -> NDArray[np.float64]:
    """Return the templates [kinds * 12, 12], all as long: each kind from C up."""
    rows = []
    for tones in _INTERVALS.values():
        for root in range(12):
            row = np.full(12, _OTHER)
            for tone, strength in zip(tones, _STRENGTHS, strict=False):
                row[(root + tone) % 12] = strength
            rows.append(row / np.linalg.norm(row))
    return np.stack(rows)
