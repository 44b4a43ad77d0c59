"""The codes that the starter is trained on: their meanings and layouts."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from bot.starter.composer.compose import BEAT_FRAMES, compose
from bot.starter.composer.piece import Bar, Note, Part
from bot.starter.training.data import codebooks
from bot.starter.training.data.codebooks import (
    BASS,
    BOOKS,
    CHORDS,
    CLOCK,
    CODES,
    DRUMS,
    PITCHED,
    PLAN,
    QUALITIES,
    RINGING,
    STEMS,
    clock_codes,
    clock_meaning,
    drum_codes,
    plan_code,
    plan_meaning,
    write_drum_sets,
)
from bot.starter.training.data.encoding import encode_piece
from bot.starter.training.data.notes import decode_notes, stem_name


def test_silence_is_code_0_everywhere():
    """Code 0 has no meaning in any codebook, and contains no notes."""
    assert decode_notes(np.zeros((len(BOOKS), 100), np.int16)) == []
    assert clock_meaning(0) is None
    assert plan_meaning(0) is None
    assert drum_codes().drum_set(0) is None
    assert all(layout.meaning(0) is None for layout in PITCHED.values())


def test_a_piece_without_parts_is_silent_but_planned():
    """Codebooks that sound are silent; the clock and the plan continue."""
    codes = encode_piece(replace(compose(0), parts=()), 200)
    assert not codes[DRUMS:].any()
    assert codes[[CLOCK, PLAN]].all()


@pytest.mark.parametrize("section", ["verse", "chorus", "break"])
def test_the_clock_is_read_as_it_was_written(section):
    """Each code has one meaning: kind of section, frames of a beat, frame in the beat."""
    kinds = set()
    for beat_frames in BEAT_FRAMES:
        meanings = [clock_meaning(int(code)) for code in clock_codes(section, beat_frames)]
        assert [m[1:] for m in meanings] == [(beat_frames, n) for n in range(beat_frames)]
        kinds |= {m[0] for m in meanings}
    assert kinds == {clock_meaning(int(clock_codes(section, 17)[0]))[0]}


def test_the_clock_has_room():
    """No two positions have the same code, and all codes are in range."""
    sections = ("verse", "chorus", "break")
    codes = np.concatenate([clock_codes(s, frames) for s in sections for frames in BEAT_FRAMES])
    assert len(set(codes.tolist())) == len(codes)
    assert 0 < codes.min() < codes.max() < CODES
    assert clock_meaning(int(codes.max()) + 1) is None


def test_the_plan_is_read_as_it_was_written():
    """Each code has one meaning: root, quality, beat of the bar and bar of the phrase."""
    written = {
        (root, quality, beat, bar): plan_code(root, quality, beat, bar)
        for root in range(12)
        for quality in QUALITIES
        for beat in range(4)
        for bar in range(4)
    }
    assert all(plan_meaning(code) == meaning for meaning, code in written.items())
    assert 0 < min(written.values()) < max(written.values()) < CODES
    assert plan_meaning(max(written.values()) + 1) is None


def test_a_known_chord_is_voiced_as_it_is_written():
    """C major on a piano over a bass: each voice in one codebook, attacked and then held."""
    step = 20
    bars = (Bar("verse", 0, ((0.0, (0, "maj")), (2.0, (9, "min")))),)

    def part(role, name, pitch):
        return Part(role, name, 0, False, 100, 64, (Note(0.0, 2.0, pitch, 90),))

    parts = (
        part("bass", "bass guitar", 36),
        part("chord1", "piano", 52),
        part("chord2", "piano", 55),
        part("chord3", "piano", 60),
    )
    piece = replace(compose(0), beat_frames=step, beats_per_bar=4, parts=parts, bars=bars)
    codes = encode_piece(piece, 80)
    for book, pitch in zip((BASS, *CHORDS), (36, 52, 55, 60), strict=True):
        name, layout = ("bass guitar" if book == BASS else "piano"), PITCHED[book]
        meanings = [layout.meaning(int(code)) for code in codes[book]]
        assert {m[:2] for m in meanings[: 2 * step]} == {(name, pitch)}
        assert [m[2] for m in meanings[:5]] == (
            [0, 1, 1, 1, 2] if book == BASS else [0, 1, 1, 1, 1]
        )
        assert meanings[2 * step :] == [None] * (80 - 2 * step)
    assert [plan_meaning(int(code))[:3] for code in codes[PLAN, ::step]] == [
        (0, "maj", 0), (0, "maj", 1), (9, "min", 2), (9, "min", 3)
    ]  # fmt: skip


def test_every_codebook_that_sounds_is_in_one_stem():
    """The two silent ones (clock and plan) are in none."""
    assert sorted(book for books in STEMS.values() for book in books) == list(range(DRUMS, 8))
    assert [stem_name(book) for book in range(DRUMS, 8)] == [
        "drums", "bass", "chords", "chords", "chords", "lead"
    ]  # fmt: skip


def test_the_table_of_drums_holds_the_likeliest_sets(tmp_path):
    """At most as many as there are codes, in the given order."""
    sets = [(kit, ((35 + n, False), (60, True))) for kit in range(100) for n in range(25)]
    write_drum_sets(sets, tmp_path / "sets.json")
    rows = json.loads((tmp_path / "sets.json").read_text())
    assert len(rows) == CODES - 1 - len(RINGING)
    assert rows[0] == [0, [[35, 0], [60, 1]]]
    known = drum_codes()
    assert len(set(known.sets)) == len(known.sets)
    assert known.code(len(known.sets) - 1) < CODES


def test_each_layout_fits_its_codebook():
    """Every pair of instrument and pitch has a code for each stage of a note."""
    for layout in PITCHED.values():
        last = layout.code(layout.states - 1, len(layout.ages) - 1)
        assert last < CODES
        assert layout.meaning(last) is not None
        assert layout.meaning(last + 1) is None
    assert codebooks.SILENCE == codebooks.UNKNOWN_CODE == 0


@pytest.mark.parametrize("layout", dict.fromkeys(PITCHED.values()), ids=["bass", "chords", "lead"])
def test_octaves_out_of_range_are_folded(layout):
    """To the nearer of the lowest and highest octave; pitches in range are unchanged."""
    for name, lowest in zip(layout.instruments, layout.lowest, strict=True):
        top = lowest + layout.span - 1
        for pitch in range(12, 115):
            _, found, _ = layout.meaning(layout.code(layout.state(name, pitch), 0)) or ("", 0, 0)
            assert (found - pitch) % 12 == 0
            if pitch < lowest:
                assert lowest <= found < lowest + 12
            elif pitch > top:
                assert top - 12 < found <= top
            else:
                assert found == pitch


def test_the_shortest_notes_are_heard():
    """Notes have at least two frames unless the next one begins; a cut note stays cut."""
    notes = (Note(0.0, 0.01, 60, 90), Note(0.25, 1.0, 62, 90), Note(0.5, 0.01, 64, 90))
    part = Part("lead", "flute", 73, False, 100, 64, notes)
    codes = encode_piece(replace(compose(0), beat_frames=20, parts=(part,)), 40)
    found = [(note.frame, note.frames) for note in decode_notes(codes)]
    assert found == [(0, 2), (5, 5), (10, 2)]
