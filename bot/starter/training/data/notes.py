"""Decode codes to notes: which sound begins when, and how long it is held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.starter.training.data.codebooks import BOOKS, DRUMS, PITCHED, Codes, drum_codes


@dataclass(frozen=True, slots=True)
class CodedNote:
    """A note as its codes have it: frames from its attack on, and who plays what pitch.

    For drums the instrument is the kit's number, and there is one for each drum.
    """

    book: int
    frame: int
    frames: int
    instrument: str
    pitch: int
    is_ghost: bool = False


def decode_notes(codes: Codes) -> list[CodedNote]:
    """Return the notes of codes [books, frames], book by book.

    A hold without an attack before it is silence: nothing says what it would hold.
    """
    notes = list(_strokes(codes[DRUMS]))
    for book, layout in PITCHED.items():
        stages = len(layout.ages)
        row = codes[book].astype(np.int64)
        states = np.where((row > 0) & (row <= layout.states * stages), (row - 1) // stages, -1)
        is_attack = (states >= 0) & ((row - 1) % stages == 0)
        for begin, end in _held(states, is_attack):
            meaning = layout.meaning(int(row[begin]))
            assert meaning is not None
            notes.append(CodedNote(book, begin, end - begin, meaning[0], meaning[1]))
    return notes


def _strokes(row: NDArray[np.int16]) -> list[CodedNote]:
    known = drum_codes()
    notes = []
    for frame in range(len(row)):
        struck = known.drum_set(int(row[frame]))
        if struck is not None:
            kit, drums = struck
            notes += [CodedNote(DRUMS, frame, 1, str(kit), p, ghost) for p, ghost in drums]
    return notes


def _held(states: NDArray[np.int64], is_attack: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where each note begins and ends: at the next attack or another state."""
    changes = np.flatnonzero(np.diff(states, prepend=-2) != 0)
    borders = np.union1d(changes, np.flatnonzero(is_attack))
    ends = np.append(borders[1:], len(states))
    return [
        (int(begin), int(end)) for begin, end in zip(borders, ends, strict=True) if is_attack[begin]
    ]


def stem_name(book: int) -> str:
    """Return the name of the stem that a codebook belongs to."""
    name = BOOKS[book]
    return "chords" if name.startswith("chord") else name
