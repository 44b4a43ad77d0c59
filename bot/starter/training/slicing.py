"""Beat slicing: a loop at another tempo, cut together from what was played slowly.

What sounds between two onsets is the same at all tempos but for its length. So a model needs to
know by heart what follows each onset, once, and when the next one comes: were a loop rendered anew
for each tempo, nine in ten of its frames would have other codes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.starter.composer.piece import Piece

# Thirds and quarters of a beat are whole numbers of these; what is nearer is one onset.
_GRID = 48


def onsets(piece: Piece, beats: int) -> tuple[float, ...]:
    """Return where something begins within so many beats, in beats; 0 is always among them."""
    notes = (note for part in piece.parts for note in part.notes)
    places = {0, *(round(note.start_beats * _GRID) for note in notes)}
    return tuple(place / _GRID for place in sorted(places) if place < beats * _GRID)


def sliced(
    starts: Sequence[float], beats: int, slow_frames: int, beat_frames: int
) -> NDArray[np.int64]:
    """Return which frames of the slow loop make up the one of a faster beat, in their order.

    Of what follows each of the `starts`, in beats, it holds the beginning.
    """
    parts = []
    for start, end in zip(starts, [*starts[1:], beats], strict=True):
        first = round(start * slow_frames)
        parts.append(first + np.arange(round(end * beat_frames) - round(start * beat_frames)))
    order: NDArray[np.int64] = np.concatenate(parts)
    return order
