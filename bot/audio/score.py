"""Read notes and bars from the codes of a model whose codebooks are instruments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.audio.held_codes import find_held_spans
from bot.audio.notation import Clock, Drums, Notation, PitchedBook
from bot.domain.generation import Tokens

DRUM_CHANNEL_PART = "drums"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Note:
    """A note: from which frame on, for how many, and who plays it. Kits are named "drums"."""

    frame: int
    frames: int
    part: str
    name: str
    program: int
    pitch: int
    is_soft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The notes of a clip, by their beginning; a beat is None where the clock says none."""

    notes: tuple[Note, ...]
    frames_per_second: int
    beat_frames: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBars:
    """Encoded bars: the length of a beat, and the first bar line, in frames."""

    beat_frames: int
    beats_per_bar: int
    first_frame: int


def read_score(tokens: Tokens, notation: Notation) -> Score:
    """Return the notes that a clip's codes [codebooks, frames] encode."""
    notes = list(_strokes(tokens[notation.drums.book], notation.drums))
    for book in notation.pitched:
        notes += _held_notes(tokens[book.book].astype(np.int64), book)
    return Score(
        notes=tuple(sorted(notes)),
        frames_per_second=notation.frames_per_second,
        beat_frames=find_clock_beat(tokens[notation.clock.book], notation.clock),
    )


def read_bars(tokens: Tokens, notation: Notation) -> WrittenBars | None:
    """Return the bars that codes encode; None if there are none, or tempo or meter change."""
    clock, plan = tokens[notation.clock.book], tokens[notation.plan.book]
    beat_frames = find_clock_beat(clock, notation.clock)
    if beat_frames is None or int(plan.min(initial=1)) < 1:
        return None
    beats = (plan.astype(np.int64) - 1) // notation.plan.codes_per_beat % notation.plan.beats
    # Where a bar begins the beat is 0 and was another one; the sound itself may begin with a bar.
    begins = np.flatnonzero((beats == 0) & (np.roll(beats, 1) != 0) & (np.arange(len(beats)) > 0))
    if not len(begins):
        return None
    first = int(begins[0])
    beats_per_bar = int(beats.max()) + 1
    bar_frames = beats_per_bar * beat_frames
    if any((int(each) - first) % bar_frames for each in begins):
        return None
    if first == bar_frames and beats[0] == 0:
        first = 0
    return WrittenBars(beat_frames=beat_frames, beats_per_bar=beats_per_bar, first_frame=first)


def find_clock_beat(row: NDArray[np.integer[Any]], clock: Clock) -> int | None:
    """Return the beat that most frames of a clock's codes [frames] say, in frames."""
    whole = sum(clock.beat_frames)
    places = [(int(code) - 1) % whole for code in row if 0 < code <= clock.rounds * whole]
    ends = np.cumsum(clock.beat_frames)
    counts = Counter(
        clock.beat_frames[int(np.searchsorted(ends, each, "right"))] for each in places
    )
    return counts.most_common(1)[0][0] if counts else None


def _strokes(row: Tokens, drums: Drums) -> Iterator[Note]:
    for frame, code in enumerate(row):
        number = int(code) - drums.first
        if 0 <= number < len(drums.sets):
            kit, strokes = drums.sets[number]
            for pitch, is_soft in strokes:
                yield Note(
                    frame=frame,
                    frames=1,
                    part=DRUM_CHANNEL_PART,
                    name=DRUM_CHANNEL_PART,
                    program=kit,
                    pitch=pitch,
                    is_soft=is_soft,
                )


def _held_notes(row: NDArray[np.int64], book: PitchedBook) -> Iterator[Note]:
    states = len(book.voices) * book.span
    for begin, end in find_held_spans(row, states=states, stages=book.stages):
        number, step = divmod((int(row[begin]) - 1) // book.stages, book.span)
        voice = book.voices[number]
        yield Note(
            frame=begin,
            frames=end - begin,
            part=book.part,
            name=voice.name,
            program=voice.program,
            pitch=voice.lowest + step,
        )
