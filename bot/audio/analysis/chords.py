"""Tell chords from the strength of pitch classes: major and minor triads, by templates.

Source: Fujishima 1999 (chord recognition by templates of pitch classes).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

_ROOT, _THIRD_OR_FIFTH, _OTHER = 1.0, 0.8, -0.35
_FIFTH, _THIRDS = 7, {False: 4, True: 3}


@dataclass(frozen=True, slots=True)
class Chord:
    """A triad: its root as a pitch class, 0 for C, and whether it is minor."""

    root: int
    is_minor: bool


def find_chord(classes: NDArray[np.float64]) -> Chord | None:
    """Return the triad that is most like the strength of pitch classes [12]; None for silence."""
    if not classes.any():
        return None
    best = int((_templates() @ classes).argmax())
    return Chord(best % 12, best >= 12)


@cache
def _templates() -> NDArray[np.float64]:
    """Return the templates [24, 12], all as long: major triads from C up, then minor ones."""
    rows = np.full((24, 12), _OTHER)
    for is_minor, third in _THIRDS.items():
        for root in range(12):
            row = rows[12 * is_minor + root]
            row[root] = _ROOT
            row[(root + third) % 12] = row[(root + _FIFTH) % 12] = _THIRD_OR_FIFTH
    return rows
