"""Pieces of every style as codes: all their notes can be decoded again."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from bot.starter.composer.compose import compose
from bot.starter.composer.styles import STYLES
from bot.starter.training.data.codebooks import (
    BOOKS,
    CLOCK,
    CODES,
    DRUMS,
    PITCHED,
    PLAN,
    RINGING,
    clock_meaning,
    drum_codes,
    plan_meaning,
)
from bot.starter.training.data.encoding import encode_piece, find_drum_sets, frame_of
from bot.starter.training.data.notes import CodedNote, decode_notes

FRAMES = 1500
SEEDS_OF_A_STYLE = 3


@pytest.fixture(scope="module")
def pieces():
    """Return some pieces of every style."""
    return [
        compose(100 * seed + number, style=style, seconds=30.0)
        for number, style in enumerate(STYLES)
        for seed in range(SEEDS_OF_A_STYLE)
    ]


@pytest.fixture(scope="module")
def coded(pieces):
    return [encode_piece(piece, FRAMES) for piece in pieces]


def folded(pitch, lowest, span):
    """Return a pitch, moved by octaves into a range."""
    while pitch < lowest:
        pitch += 12
    while pitch >= lowest + span:
        pitch -= 12
    return pitch


def place(note):
    """Return the sort key of a note."""
    return note.book, note.frame


def played(piece):
    """Return the pitched notes that a piece's codes should have, computed from its notes alone."""
    found = []
    for book, layout in PITCHED.items():
        notes = {
            frame_of(note.start_beats, piece.beat_frames): (note, part.instrument)
            for part in piece.parts
            if part.role == BOOKS[book]
            for note in part.notes
        }
        begins = sorted(begin for begin in notes if begin < FRAMES)
        for begin, following in itertools.pairwise([*begins, FRAMES]):
            note, name = notes[begin]
            wanted = frame_of(note.start_beats + note.length_beats, piece.beat_frames)
            end = min(max(begin + 2, wanted), following, FRAMES)
            lowest = layout.lowest[layout.instruments.index(name)]
            pitch = folded(note.pitch, lowest, layout.span)
            found.append(CodedNote(book, begin, end - begin, name, pitch))
    return found


def test_every_code_is_in_range_and_means_something(coded):
    """Each codebook has only codes of its layout, in every style."""
    for codes in coded:
        assert codes.shape == (len(BOOKS), FRAMES)
        assert codes.min() >= 0
        assert codes.max() < CODES
        assert all(clock_meaning(code) for code in set(codes[CLOCK].tolist()))
        assert all(plan_meaning(code) for code in set(codes[PLAN].tolist()))
        for code in set(codes[DRUMS].tolist()) - set(range(1 + len(RINGING))):
            assert drum_codes().drum_set(code)
        for book, layout in PITCHED.items():
            assert all(layout.meaning(code) for code in set(codes[book].tolist()) - {0})


def test_the_notes_of_a_piece_are_found_in_its_codes(pieces, coded):
    """Frame, length, instrument and pitch of each; only octaves out of range are folded."""
    for piece, codes in zip(pieces, coded, strict=True):
        found = [note for note in decode_notes(codes) if note.book != DRUMS]
        assert sorted(found, key=place) == sorted(played(piece), key=place), piece.style


def test_the_drums_of_a_piece_are_found_in_its_codes(pieces, coded):
    """At their frames and of their kit; nearly always all strokes, full or ghost.

    If this fails, the composer uses sets of strokes that the table lacks: they are counted by
    `python -m bot.starter.train --stage drums`, and the model is trained anew.
    """
    known = set(drum_codes().sets)
    strokes: Counter[bool] = Counter()
    for piece, codes in zip(pieces, coded, strict=True):
        wanted = {frame: s for frame, s in find_drum_sets(piece).items() if frame < FRAMES}
        found: dict[int, set] = {}
        for note in decode_notes(codes):
            if note.book == DRUMS:
                drum = (note.instrument, note.pitch, note.is_ghost)
                found.setdefault(note.frame, set()).add(drum)
        assert found.keys() == wanted.keys()
        for frame, (kit, drums) in wanted.items():
            strokes[(kit, drums) in known] += 1
            assert {each for each, _, _ in found[frame]} == {str(kit)}
            if (kit, drums) in known:
                assert found[frame] == {(str(kit), pitch, ghost) for pitch, ghost in drums}
    assert strokes[True] > 0.98 * strokes.total()


def test_clock_and_plan_follow_the_bars(pieces, coded):
    """Frame by frame: the tempo, the position in beat and bar, and the current chord."""
    for piece, codes in zip(pieces, coded, strict=True):
        step, beats = piece.beat_frames, piece.beats_per_bar
        for frame in range(0, FRAMES, 7):
            meaning_of_tick = clock_meaning(int(codes[CLOCK, frame]))
            assert meaning_of_tick[1:] == (step, frame % step)
            bar = piece.bars[frame // (step * beats)]
            beat = frame // step % beats
            chord = [chord for since, chord in bar.chords if since <= beat + 1e-6][-1]
            meaning = plan_meaning(int(codes[PLAN, frame]))
            assert meaning == (*chord, beat, bar.number % 4)
