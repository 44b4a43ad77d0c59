"""Encode a composed piece: from its notes to the codes of the eight codebooks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bot.starter.composer.piece import Note, Piece
from bot.starter.training.data.codebooks import (
    BARS,
    BOOKS,
    CLOCK,
    DRUMS,
    PITCHED,
    PLAN,
    RINGING,
    Codes,
    DrumSet,
    Pitched,
    clock_codes,
    drum_codes,
    plan_code,
)

_RINGS_FRAMES = 24

GHOST_VELOCITY = 60
"""Up to this a stroke is a ghost note."""


def frame_of(beats: float, beat_frames: int) -> int:
    """Return the frame in which a moment of a piece lies, rounded half up."""
    return math.floor(round(beats * beat_frames, 3) + 0.5)


def find_drum_sets(piece: Piece) -> dict[int, DrumSet]:
    """Return by frame which drums a piece strikes."""
    struck: dict[int, dict[int, bool]] = {}
    kit = 0
    for part in piece.parts:
        if part.role != "drums":
            continue
        kit = part.program
        for note in part.notes:
            frame = frame_of(note.start_beats, piece.beat_frames)
            drums = struck.setdefault(frame, {})
            drums[note.pitch] = drums.get(note.pitch, True) and note.velocity <= GHOST_VELOCITY
    return {frame: (kit, tuple(sorted(drums.items()))) for frame, drums in struck.items()}


def encode_piece(piece: Piece, frames: int) -> Codes:
    """Return the codes [books, frames] of a piece's first frames."""
    codes = np.zeros((len(BOOKS), frames), np.int16)
    _write_plan(codes, piece, frames)
    _write_drums(codes[DRUMS], piece, frames)
    for part in piece.parts:
        if part.role != "drums":
            book = BOOKS.index(part.role)
            _write_notes(codes[book], PITCHED[book], part.instrument, part.notes, piece.beat_frames)
    return codes


def _write_plan(codes: Codes, piece: Piece, frames: int) -> None:
    step, beats = piece.beat_frames, piece.beats_per_bar
    for index, bar in enumerate(piece.bars):
        begin = index * beats * step
        if begin >= frames:
            break
        ticks = clock_codes(bar.section, step)
        for beat in range(beats):
            start = begin + beat * step
            room = min(step, frames - start)
            if room <= 0:
                break
            root, quality = next(
                chord for since, chord in reversed(bar.chords) if since <= beat + 1e-6
            )
            codes[CLOCK, start : start + room] = ticks[:room]
            codes[PLAN, start : start + room] = plan_code(root, quality, beat, bar.number % BARS)


def _write_drums(row: NDArray[np.int16], piece: Piece, frames: int) -> None:
    struck = find_drum_sets(piece)
    times = sorted(struck)
    for index, frame in enumerate(times):
        if frame >= frames:
            break
        following = times[index + 1] if index + 1 < len(times) else frames
        row[frame] = _drum_code(struck[frame])
        ends = [*RINGING[1:], _RINGS_FRAMES]
        for stage, (since, until) in enumerate(zip(RINGING, ends, strict=True)):
            row[min(frame + since, following) : min(frame + until, following)] = 1 + stage


@cache
def _numbers() -> dict[DrumSet, int]:
    return {drum_set: number for number, drum_set in enumerate(drum_codes().sets)}


@cache
def _drum_code(drum_set: DrumSet) -> int:
    """Return the code of a set, or of the one most like it."""
    known = drum_codes()
    number = _numbers().get(drum_set)
    if number is None:
        kit, drums = drum_set
        wanted, pitches = set(drums), {pitch for pitch, _ in drums}
        number = min(
            range(len(known.sets)),
            key=lambda each: (
                (known.sets[each][0] != kit) * 100
                + 10 * len(pitches ^ {pitch for pitch, _ in known.sets[each][1]})
                + len(wanted ^ set(known.sets[each][1]))
            ),
        )
    return known.code(number)


def _write_notes(
    row: NDArray[np.int16],
    layout: Pitched,
    instrument: str,
    notes: Iterable[Note],
    beat_frames: int,
) -> None:
    frames = len(row)
    for note in notes:
        begin = frame_of(note.start_beats, beat_frames)
        if begin >= frames:
            continue
        end = max(begin + 2, frame_of(note.start_beats + note.length_beats, beat_frames))
        first = layout.code(layout.state(instrument, note.pitch), 0)
        for stage, age in enumerate(layout.ages):
            if begin + age >= end:
                break
            row[begin + age : end] = first + stage
