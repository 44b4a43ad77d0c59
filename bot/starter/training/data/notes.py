"""Decode codes to notes: which sound begins when, and how long it is held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.audio.held_codes import find_held_spans
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
    """Return the notes of codes [books, frames], book by book."""
    notes = list(_strokes(codes[DRUMS]))
    for book, layout in PITCHED.items():
        row = codes[book].astype(np.int64)
        for begin, end in find_held_spans(row, states=layout.states, stages=len(layout.ages)):
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


def stem_name(book: int) -> str:
    """Return the name of the stem that a codebook belongs to."""
    name = BOOKS[book]
    return "chords" if name.startswith("chord") else name
