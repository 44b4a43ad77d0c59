"""What a clip's codes say as music: whether notes fall on the beat, and fit each other bar by bar.

All of it is read from codes alone, so that a model's clip and a composed piece are measured in one
way, and exactly: no ear is in between.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.audio.notation import Clock
from bot.audio.score import find_clock_beat
from bot.starter.composer.compose import BEAT_FRAMES
from bot.starter.composer.harmony import INTERVALS
from bot.starter.training.data.codebooks import (
    CLOCK,
    DRUMS,
    LEAD,
    PLAN,
    SECTION_KINDS,
    plan_meaning,
)
from bot.starter.training.data.notes import CodedNote, decode_notes, stem_name

_CLOCK = Clock(book=CLOCK, beat_frames=tuple(BEAT_FRAMES), rounds=SECTION_KINDS)
_PARTS = (4, 3)
# Places within a beat that patterns are compared at: sixteenths and triplets have one each.
_PLACES = 12
_INTERVALS: dict[str, tuple[int, ...]] = {str(name): steps for name, steps in INTERVALS.items()}
# Taken where neither a prompt nor a clock says anything: 120 BPM.
_USUAL_BEAT_FRAMES = 25


@dataclass(frozen=True, slots=True)
class Score:
    """A clip's notes, with its beat in frames and the frames at which its bars begin.

    `first_beat` is the frame of a beat, below `beat_frames`. `bars` are the beginnings of bars, the
    last of them the end of the last whole bar. `clock_frames` is the beat that the clock says,
    `plan` the pitch classes of the chord that is planned, frame by frame, none where it is unknown,
    and `first_root` the root of the first one.
    """

    notes: tuple[CodedNote, ...]
    frames: int
    beat_frames: int
    first_beat: int
    bars: tuple[int, ...]
    clock_frames: int | None = None
    plan: tuple[frozenset[int], ...] = ()
    first_root: int | None = None

    @property
    def lead(self) -> str:
        """Return the instrument that plays most of the melody, "none" without one."""
        counts = Counter(note.instrument for note in self.notes if note.book == LEAD)
        return counts.most_common(1)[0][0] if counts else "none"

    @property
    def has_drums(self) -> bool:
        """Tell whether any drum is struck."""
        return any(note.book == DRUMS for note in self.notes)


def score_of(codes: NDArray[np.integer[Any]], beat_frames: int | None, beats_per_bar: int) -> Score:
    """Read a clip's codes [books, frames].

    The beat is the one that is known, or the one that most frames of the clock say; where the beats
    begin is fitted to the notes, so that a clip which ignores its own clock is found out. The bars
    are those of the plan, or counted from the first beat where it says none.
    """
    notes = tuple(decode_notes(codes.astype(np.int16)))
    frames = codes.shape[1]
    clock = find_clock_beat(codes[CLOCK], _CLOCK)
    beat = beat_frames or clock or _USUAL_BEAT_FRAMES
    first = _first_beat([note.frame for note in notes], beat, frames)
    bars = _planned_bars(codes[PLAN]) or tuple(range(first, frames + 1, beat * beats_per_bar))
    plan = tuple(_planned_chord(int(code)) for code in codes[PLAN])
    meanings = (plan_meaning(int(code)) for code in codes[PLAN])
    root = next((meaning[0] for meaning in meanings if meaning is not None), None)
    return Score(notes, frames, beat, first, bars, clock, plan, root)


def on_grid(score: Score, books: Iterable[int] | None = None) -> list[bool]:
    """Tell of each note whether it begins on a sixteenth or a triplet, to the frame."""
    grid = grid_frames(score.beat_frames, score.first_beat, score.frames)
    wanted = None if books is None else set(books)
    return [note.frame in grid for note in score.notes if wanted is None or note.book in wanted]


def grid_frames(beat_frames: int, first_beat: int, frames: int) -> frozenset[int]:
    """Return the frames in which sixteenths and triplets begin, rounded half up."""
    beats = math.ceil((frames - first_beat) / beat_frames) + 1
    return frozenset(
        first_beat + math.floor(step * beat_frames / part + 0.5)
        for part in _PARTS
        for step in range(-part, part * beats)
    )


def in_plan(score: Score, books: Iterable[int]) -> tuple[list[bool], list[bool]]:
    """Tell of each note whether the chord that is planned holds it, and another bar's.

    The other bar is the next one whose chord at the same place is another, in turn; where there is
    none, nothing is said of other bars.
    """
    wanted = set(books)
    bar = score.bars[1] - score.bars[0] if len(score.bars) > 1 else 4 * score.beat_frames
    own, other = [], []
    for note in score.notes:
        planned = score.plan[note.frame]
        if note.book not in wanted or not planned:
            continue
        own.append(note.pitch % 12 in planned)
        later = range(note.frame + bar, score.frames, bar)
        earlier = range(note.frame % bar, note.frame, bar)
        others = [each for at in (*later, *earlier) if (each := score.plan[at]) - planned]
        if others:
            other.append(note.pitch % 12 in others[0])
    return own, other


def repeated_bars(score: Score, stem: str, *, rhythm_only: bool = False) -> list[bool]:
    """Tell of each bar but the first whether its notes have come before, where a stem plays."""
    patterns = []
    for index, (start, _) in enumerate(pairwise(score.bars)):
        own = [
            (
                round((note.frame - start) / score.beat_frames * _PLACES),
                0 if rhythm_only else note.pitch,
            )
            for note in score.notes
            if stem_name(note.book) == stem and _bar_of(score, note.frame) == index
        ]
        patterns.append(tuple(sorted(set(own))))
    return [
        pattern in patterns[:index] for index, pattern in enumerate(patterns) if index and pattern
    ]


def whole_bars_repeated(score: Score) -> list[bool]:
    """Tell of each bar but the first whether all that plays in it has come before at once."""
    patterns = []
    for index, (start, _) in enumerate(pairwise(score.bars)):
        own = {
            (note.book, round((note.frame - start) / score.beat_frames * _PLACES), note.pitch)
            for note in score.notes
            if _bar_of(score, note.frame) == index
        }
        patterns.append(frozenset(own))
    return [
        pattern in patterns[:index] for index, pattern in enumerate(patterns) if index and pattern
    ]


def _bar_of(score: Score, frame: int) -> int | None:
    index = int(np.searchsorted(score.bars, frame, side="right")) - 1
    return index if 0 <= index < len(score.bars) - 1 else None


def _first_beat(onsets: Sequence[int], beat_frames: int, frames: int) -> int:
    """Return the shift of the grid at which most notes are on it; of equals the first."""
    counts = [
        sum(frame in grid for frame in onsets)
        for shift in range(beat_frames)
        for grid in (grid_frames(beat_frames, shift, frames),)
    ]
    return int(np.argmax(counts))


@cache
def _planned_chord(code: int) -> frozenset[int]:
    meaning = plan_meaning(code)
    if meaning is None:
        return frozenset()
    root, quality, *_ = meaning
    return frozenset((root + step) % 12 for step in _INTERVALS[quality])


def _planned_bars(row: NDArray[np.integer[Any]]) -> tuple[int, ...]:
    """Return where the plan begins a bar; nothing if it knows of fewer than two."""
    beats = [None if (each := plan_meaning(int(code))) is None else each[2] for code in row]
    starts = [
        frame
        for frame, (before, now) in enumerate(pairwise([None, *beats]))
        if now == 0 and before != 0
    ]
    return tuple(starts) if len(starts) > 1 else ()
