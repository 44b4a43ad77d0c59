"""What codes have in common, so that what is learnt of one helps the others.

A code's embedding is the sum of a vector of its own and those of its factors: instrument, pitch,
pitch class, stage. Only the sums are written to the checkpoint.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.starter.composer.compose import BEAT_FRAMES
from bot.starter.training.data.codebooks import (
    BOOKS,
    CLOCK,
    CODES,
    DRUMS,
    PITCHED,
    PLAN,
    QUALITIES,
    RINGING,
    clock_meaning,
    drum_codes,
    plan_meaning,
)

_PHASES = 48

Factors = NDArray[np.float32]


def factors_of(book: int) -> Factors:
    """Return how much each code of a codebook has of each factor, [codes + 1, factors].

    The last row is the token that fills the delay pattern. Codes that mean nothing are like
    silence: sampled early in training, they do no harm.
    """
    assert 0 <= book < len(BOOKS)
    if book == CLOCK:
        rows = [_clock(code) for code in range(CODES)]
    elif book == PLAN:
        rows = [_plan(code) for code in range(CODES)]
    elif book == DRUMS:
        rows = [_drums(code) for code in range(CODES)]
    else:
        rows = [_pitched(book, code) for code in range(CODES)]
    rows.append({"start": 2.0})
    names = sorted(set().union(*rows))
    columns = {name: number for number, name in enumerate(names)}
    table = np.zeros((CODES + 1, len(names)), np.float32)
    for row, present in enumerate(rows):
        for name, share in present.items():
            table[row, columns[name]] = share
    return table


def _clock(code: int) -> dict[str, float]:
    meaning = clock_meaning(code)
    if meaning is None:
        return {"nothing": 2.0}
    section, beat_frames, frame = meaning
    return {
        f"section {section}": 0.7,
        f"tempo {BEAT_FRAMES.index(beat_frames)}": 1.0,
        f"phase {round(frame / beat_frames * _PHASES)}": 1.0,
        f"left {beat_frames - frame}": 1.0,
    }


def _plan(code: int) -> dict[str, float]:
    meaning = plan_meaning(code)
    if meaning is None:
        return {"nothing": 2.0}
    root, quality, beat, number = meaning
    return {
        f"root {root}": 1.0,
        f"quality {QUALITIES.index(quality)}": 0.8,
        f"chord {root} {quality}": 0.6,
        f"beat {beat}": 1.0,
        f"bar {number}": 0.8,
    }


def _drums(code: int) -> dict[str, float]:
    struck = drum_codes().drum_set(code)
    if struck is None:
        return {f"ringing {code}": 2.0} if 0 < code <= len(RINGING) else {"nothing": 2.0}
    kit, drums = struck
    share = 1.4 / len(drums) ** 0.5
    strokes = {f"drum {pitch} {ghost}": share for pitch, ghost in drums}
    return {f"kit {kit}": 0.8, "struck": 1.0, **strokes}


def _pitched(book: int, code: int) -> dict[str, float]:
    meaning = PITCHED[book].meaning(code)
    if meaning is None:
        return {"nothing": 2.0}
    instrument, pitch, stage = meaning
    return {
        f"instrument {instrument}": 1.0,
        f"pitch {pitch}": 1.0,
        f"class {pitch % 12}": 1.0,
        f"stage {stage}": 1.0,
    }
