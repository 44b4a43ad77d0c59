"""Where the notes of a monophonic codebook begin and end, by the stages of its codes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def find_held_spans(row: NDArray[np.int64], *, states: int, stages: int) -> list[tuple[int, int]]:
    """Return first frame and end of each note of codes [frames].

    A code is 1 + state * stages + stage; a state is an instrument at a pitch, and stage 0 is an
    attack. A note is held from there to the next attack, to another state, or to silence. What is
    held without an attack before it is silence: nothing says what it would be.
    """
    numbers = np.where((row > 0) & (row <= states * stages), (row - 1) // stages, -1)
    attacks = (numbers >= 0) & ((row - 1) % stages == 0)
    changes = np.flatnonzero(np.diff(numbers, prepend=-2) != 0)
    borders = np.union1d(changes, np.flatnonzero(attacks))
    ends = np.append(borders[1:], len(row))
    return [
        (begin, end)
        for begin, end in zip(borders.tolist(), ends.tolist(), strict=True)
        if attacks[begin]
    ]
