"""Interpret the codes of a model as notes, if its codebooks are instruments.

Such a checkpoint has a `notation.json`. A code is an instrument, a pitch and a stage of the note,
the first being its attack; of the drums it is a set of simultaneous strokes. The clock codebook
gives the length of a beat, the plan codebook the beat within a bar.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.domain.generation import Tokens

log = logging.getLogger(__name__)

FILE = "notation.json"

DRUM_CHANNEL_PART = "drums"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """An instrument of a codebook: its General MIDI program, and the pitch of its first code."""

    name: str
    program: int
    lowest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PitchedBook:
    """A codebook that plays one note at a time; a code is 1 + (voice * span + step) * stages."""

    book: int
    part: str
    span: int
    stages: int
    voices: tuple[Voice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drums:
    """The codebook of the drums: the sets that codes from `first` on strike.

    A set is a kit, as a General MIDI program, and its strokes: a pitch, and whether it is soft.
    """

    book: int
    first: int
    sets: tuple[tuple[int, tuple[tuple[int, bool], ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The codebook that counts the frames of each beat, for each length that a beat may have."""

    book: int
    beat_frames: tuple[int, ...]
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The codebook that says which chord sounds, and counts the beats of a bar.

    A code is 1 + ((root * qualities + quality) * beats + beat) * codes_per_beat + bar.
    """

    book: int
    codes_per_beat: int
    beats: int
    qualities: tuple[str, ...] = ()
    """What kinds of chords there are; none in a notation that doesn't tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notation:
    """What the codes of a model mean."""

    frames_per_second: int
    clock: Clock
    plan: Plan
    drums: Drums
    pitched: tuple[PitchedBook, ...]

    @property
    def books(self) -> int:
        """Return how many codebooks codes have at least."""
        named = (self.clock.book, self.plan.book, self.drums.book)
        return 1 + max(*named, *(each.book for each in self.pitched))


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


@cache
def load_notation(folder: Path) -> Notation | None:
    """Return the notation of a checkpoint, cached in the process; None if it has none.

    An invalid one is logged and ignored, since only exports of notes need it.
    """
    try:
        return _notation(json.loads((folder / FILE).read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        log.warning("notation.not_read file=%s", folder / FILE, exc_info=True)
        return None


def _notation(fields: Mapping[str, Any]) -> Notation:
    return Notation(
        frames_per_second=fields["frames_per_second"],
        clock=Clock(**fields["clock"] | {"beat_frames": tuple(fields["clock"]["beat_frames"])}),
        plan=Plan(
            **fields["plan"] | {"qualities": tuple(fields["plan"].get("qualities", ()))},
        ),
        drums=Drums(
            book=fields["drums"]["book"],
            first=fields["drums"]["first"],
            sets=tuple(
                (kit, tuple((pitch, bool(soft)) for pitch, soft in strokes))
                for kit, strokes in fields["drums"]["sets"]
            ),
        ),
        pitched=tuple(
            PitchedBook(**each | {"voices": tuple(Voice(**voice) for voice in each["voices"])})
            for each in fields["pitched"]
        ),
    )


def read_score(tokens: Tokens, notation: Notation) -> Score:
    """Return the notes that a clip's codes [codebooks, frames] encode."""
    notes = list(_strokes(tokens[notation.drums.book], notation.drums))
    for book in notation.pitched:
        notes += _held_notes(tokens[book.book].astype(np.int64), book)
    return Score(
        notes=tuple(sorted(notes)),
        frames_per_second=notation.frames_per_second,
        beat_frames=_beat(tokens[notation.clock.book], notation.clock),
    )


def read_bars(tokens: Tokens, notation: Notation) -> WrittenBars | None:
    """Return the bars that codes encode; None if there are none, or tempo or meter change."""
    clock, plan = tokens[notation.clock.book], tokens[notation.plan.book]
    beat_frames = _beat(clock, notation.clock)
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
    """Yield notes from their attack to the next one, or to another pitch, or to silence.

    What is held without an attack before it is silence: nothing says what it would be.
    """
    codes = len(book.voices) * book.span * book.stages
    states = np.where((row > 0) & (row <= codes), (row - 1) // book.stages, -1)
    attacks = (states >= 0) & ((row - 1) % book.stages == 0)
    changes = np.flatnonzero(np.diff(states, prepend=-2) != 0)
    borders = np.union1d(changes, np.flatnonzero(attacks))
    ends = np.append(borders[1:], len(row))
    for begin, end in zip(borders.tolist(), ends.tolist(), strict=True):
        if attacks[begin]:
            number, step = divmod(int(states[begin]), book.span)
            voice = book.voices[number]
            yield Note(
                frame=begin,
                frames=end - begin,
                part=book.part,
                name=voice.name,
                program=voice.program,
                pitch=voice.lowest + step,
            )


def _beat(row: Tokens, clock: Clock) -> int | None:
    """Return the beat that most frames of the clock say, in frames."""
    whole = sum(clock.beat_frames)
    places = [(int(code) - 1) % whole for code in row if 0 < code <= clock.rounds * whole]
    ends = np.cumsum(clock.beat_frames)
    counts = Counter(
        clock.beat_frames[int(np.searchsorted(ends, each, "right"))] for each in places
    )
    return counts.most_common(1)[0][0] if counts else None
