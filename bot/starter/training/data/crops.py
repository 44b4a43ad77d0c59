"""What sounds in crops of pieces, as tables: what the mixer of the training plays.

Without PyTorch: those who compose need these tables alone, and begin sooner.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.starter.training.data.codebooks import DRUMS, Codes, drum_codes
from bot.starter.training.data.mixing import HOP, schedule_plays
from bot.starter.training.data.notes import decode_notes
from bot.starter.training.data.samples import ranges

Plays = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SoundNumbers:
    """The number of every sound that a mixer knows."""

    by_key: dict[tuple[str, int, bool], int]


def sound_numbers() -> SoundNumbers:
    """Give every sound a number: pitches of instruments, then drums of kits."""
    keys: list[tuple[str, int, bool]] = [
        (name, pitch, False)
        for name, (low, high) in ranges().items()
        for pitch in range(low, high + 1)
    ]
    drums = {(str(kit), p, g) for kit, struck in drum_codes().sets for p, g in struck}
    keys += sorted(drums)
    return SoundNumbers({key: number for number, key in enumerate(keys)})


def crop_plays(codes: Codes, first: int, frames: int, numbers: SoundNumbers) -> Plays:
    """Return what sounds in a crop of codes as a table [plays, 6] of float32.

    Columns: stem, sound, start and held samples (-1: rings out), release samples, gain. Notes that
    began before the crop go on in it; drums that were struck before don't.
    """
    notes = [
        note
        for note in decode_notes(codes)
        if first - note.frames < note.frame < first + frames
        and (note.book != DRUMS or note.frame >= first)
    ]
    rows = [
        (
            play.stem,
            numbers.by_key[play.key],
            play.start - first * HOP,
            -1 if play.held is None else play.held,
            play.release,
            play.gain,
        )
        for play in schedule_plays(notes)
    ]
    return np.array(rows, np.float32).reshape(-1, 6)
