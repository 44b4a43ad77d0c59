"""The composer of training pieces: what it composes, and how that is rendered."""

from dataclasses import replace
from itertools import pairwise
from math import floor

import numpy as np
import pytest

from bot.starter.composer.compose import BEAT_FRAMES, compose
from bot.starter.composer.harmony import INTERVALS
from bot.starter.composer.instruments import (
    BASS_INSTRUMENTS,
    CHORD_INSTRUMENTS,
    INSTRUMENTS,
    LEAD_INSTRUMENTS,
)
from bot.starter.composer.piece import Note
from bot.starter.composer.styles import STYLES
from tests.support.fluidsynth import needs_fluidsynth, render_many

RATE_HZ = 32_000


FRAME_SAMPLES = 640


CHORD_ROLES = ("chord1", "chord2", "chord3")


def decode_notes(piece, *roles):
    return sorted(
        (note for part in piece.parts if part.role in roles for note in part.notes),
        key=lambda note: note.start_beats,
    )


def frame_of(piece, beats):
    return floor(beats * piece.beat_frames + 0.5)


def chord_of(piece, beats):
    bar, beat = divmod(beats + 1e-6, piece.beats_per_bar)
    return [chord for start, chord in piece.bars[int(bar)].chords if start <= beat][-1]


def tones_of(chord):
    return {(chord[0] + interval) % 12 for interval in INTERVALS[chord[1]]}


def bar_of(piece, role, number):
    beats = piece.beats_per_bar
    return tuple(
        (round(note.start_beats % beats, 3), note.pitch)
        for note in decode_notes(piece, role)
        if number * beats <= note.start_beats < (number + 1) * beats
    )


def test_a_seed_always_gives_the_same_piece():
    """Training is reproducible: a piece depends on its seed only."""
    assert compose(7) == compose(7)
    assert compose(7) != compose(8)


def test_every_part_stays_in_its_instruments_range(pieces):
    """Each role has its instruments, in a register that the codes cover."""
    assert len(LEAD_INSTRUMENTS) <= 40
    assert len(CHORD_INSTRUMENTS) <= 28
    assert len(BASS_INSTRUMENTS) <= 10
    for piece in pieces:
        for part in piece.parts:
            pitches = [note.pitch for note in part.notes]
            assert pitches, (piece.style, part.role)
            if part.role == "lead":
                assert part.instrument in LEAD_INSTRUMENTS
                center = INSTRUMENTS[part.instrument].lead_center
                assert center - 12 <= min(pitches) <= max(pitches) <= center + 12
            elif part.role == "bass":
                assert part.instrument in BASS_INSTRUMENTS
                assert 28 <= min(pitches) <= max(pitches) <= 55
            elif part.role in CHORD_ROLES:
                assert part.instrument in CHORD_INSTRUMENTS
                center = INSTRUMENTS[part.instrument].chord_center
                assert center - 18 <= min(pitches) <= max(pitches) <= center + 17
            else:
                assert part.is_drums
                assert part.program in (0, 8, 16, 24, 25, 32, 40, 48)


def test_every_role_plays_one_note_at_a_time(pieces):
    """Notes of a role never overlap, and each lasts at least two frames."""
    for piece in pieces:
        for role in ("bass", "lead", *CHORD_ROLES):
            notes = decode_notes(piece, role)
            spans = [
                (
                    frame_of(piece, note.start_beats),
                    frame_of(piece, note.start_beats + note.length_beats),
                )
                for note in notes
            ]
            assert all(stop - start >= 2 for start, stop in spans), piece.style
            assert all(one[1] <= two[0] for one, two in pairwise(spans)), (piece.style, role)


def test_drums_have_few_sets_of_strokes(pieces):
    """At most four drums sound at once, each full or ghost; the number of sets is limited."""
    sets = set()
    for piece in pieces:
        for part in piece.parts:
            if part.is_drums:
                struck: dict[int, set[tuple[int, bool]]] = {}
                for note in part.notes:
                    at = struck.setdefault(frame_of(piece, note.start_beats), set())
                    at.add((note.pitch, note.velocity <= 60))
                assert max(len(each) for each in struck.values()) <= 4
                sets |= {(part.program, frozenset(each)) for each in struck.values()}
    assert 100 < len(sets) < 1000


def test_the_plan_says_what_is_played(pieces):
    """Chords, the basses at the start of bars and the melodies on strong beats follow the plan."""
    ninths = 0
    heard = {"chords": 0, "bass": 0, "lead": 0}
    for piece in pieces:
        beats = piece.beats_per_bar
        assert len(piece.bars) * beats * piece.beat_frames >= piece.seconds * 50
        for bar in piece.bars:
            assert 1 <= len(bar.chords) <= 2
            assert bar.chords[0][0] == 0
            assert bar.number in range(4)
        for note in decode_notes(piece, *CHORD_ROLES):
            heard["chords"] += 1
            ninths += note.pitch % 12 not in tones_of(chord_of(piece, note.start_beats))
        for role in ("bass", "lead"):
            for note in decode_notes(piece, role):
                if note.start_beats % beats == 0:
                    heard[role] += 1
                    assert note.pitch % 12 in tones_of(chord_of(piece, note.start_beats))
    assert ninths < 0.03 * heard["chords"]
    assert min(heard.values()) > 1000


def test_pieces_are_in_their_key(pieces):
    """The tonic chord has the mode's quality and occurs in nearly every piece."""
    found = 0
    for piece in pieces:
        chords = [chord for bar in piece.bars for _, chord in bar.chords]
        own = {quality for root, quality in chords if root == piece.tonic}
        found += bool(own)
        if piece.style not in ("blues", "funk", "jazz"):
            wrong = {"min", "m7"} if piece.mode == "major" else {"maj", "maj7"}
            assert not own & wrong, piece.style
    assert found > 0.97 * len(pieces)


def test_every_key_is_used():
    """All twelve tonics in both modes occur."""
    drawn = {(piece.tonic, piece.mode) for piece in map(compose, range(300))}
    assert len(drawn) == 24


def test_a_piece_has_a_form(pieces):
    """In thirty seconds there is more than one section, and no piece is a single loop."""
    sections = {bar.section for piece in pieces for bar in piece.bars}
    assert sections == {"intro", "verse", "chorus", "break", "outro"}
    for piece in pieces:
        # Twelve slow bars of blues fill the whole time.
        assert len({bar.section for bar in piece.bars}) > 1 or piece.style == "blues"
    starts = [piece.bars[0].section for piece in pieces]
    assert 0.1 < starts.count("intro") / len(starts) < 0.3


def test_bars_come_back(pieces):
    """Grooves repeat most within a piece and melodies least, as in real music."""
    shares = {}
    for role in ("drums", "bass", "lead"):
        repeated = []
        for piece in pieces:
            bars = [bar_of(piece, role, number) for number in range(len(piece.bars))]
            bars = [bar for bar in bars if bar]
            if len(bars) > 4:
                repeated.append(1 - len(set(bars)) / len(bars))
        shares[role] = np.mean(repeated)
    assert 0.5 < shares["drums"] < 0.9
    assert 0.4 < shares["bass"] < 0.8
    assert 0.15 < shares["lead"] < 0.6


@pytest.mark.parametrize("style", STYLES)
def test_seeds_of_a_style_are_different_ideas(style):
    """No two pieces of a style share their melody or their accompaniment."""
    composed = [compose(seed, style=style, key=(0, "minor"), lead="piano") for seed in range(24)]
    leads = [tuple(bar_of(piece, "lead", number) for number in range(4)) for piece in composed]
    backings = [
        tuple(
            bar_of(piece, role, number)
            for role in ("bass", "chord1", "chord3")
            for number in (1, 2)
        )
        for piece in composed
    ]
    assert len(set(leads)) >= 23
    assert len(set(backings)) >= 20


def test_what_is_asked_for_is_kept():
    """Tempo, key, drums, lead and mood are the requested ones."""
    for seed, style in enumerate(STYLES):
        piece = compose(
            seed,
            style=style,
            beat_frames=40,
            key=(6, "minor"),
            density="light",
            lead="violin",
            mood="dark",
        )
        assert piece.bpm == 75
        assert (piece.tonic, piece.mode, piece.mood) == (6, "minor", "dark")
        assert {part.instrument for part in piece.parts if part.role == "lead"} == {"violin"}
        assert any(part.is_drums for part in piece.parts)
        silent = compose(seed, style=style, density="none", lead="none")
        assert not {part.role for part in silent.parts} & {"drums", "lead"}


def test_an_unknown_instrument_is_not_played():
    """A request for an unknown instrument is refused."""
    with pytest.raises(KeyError):
        compose(1, lead="bagpipes")


def test_dense_drums_are_denser(pieces):
    """The number of strokes grows from light to steady to dense, in every style."""
    for style in STYLES:
        rates = []
        for density in ("none", "light", "steady", "dense"):
            composed = [compose(seed, style=style, density=density) for seed in range(8)]
            rates.append(
                sum(len(decode_notes(p, "drums")) for p in composed)
                / sum(len(p.bars) * p.beats_per_bar for p in composed)
            )
        assert rates[0] == 0
        assert sorted(rates) == rates, style


def test_no_piece_falls_silent(pieces):
    """Something sounds nearly always, and every piece begins at once."""
    longest = []
    for piece in pieces:
        spans = [
            (note.start_beats, note.start_beats + max(note.length_beats, 0.25))
            for part in piece.parts
            for note in part.notes
        ]
        until, gap = 0.0, 0.0
        for start, stop in sorted(spans):
            gap = max(gap, start - until)
            until = max(until, stop)
        longest.append(gap * piece.beat_frames / 50)
        assert min(spans)[0] * piece.beat_frames / 50 < 1.5, piece.style
    assert max(longest) < 2
    assert np.mean(np.array(longest) < 0.6) > 0.95


# The first phrases of well-known tunes: beats and semitones of their notes.
TUNES = {
    "Ode to Joy": ((1,) * 12 + (1.5, 0.5, 2), (4, 4, 5, 7, 7, 5, 4, 2, 0, 0, 2, 4, 4, 2, 2)),
    "Twinkle, Twinkle": ((1, 1, 1, 1, 1, 1, 2) * 2, (0, 0, 7, 7, 9, 9, 7, 5, 5, 4, 4, 2, 2, 0)),
    "Happy Birthday": (
        (0.75, 0.25, 1, 1, 1, 2) * 2,
        (0, 0, 2, 0, 5, 4, 0, 0, 2, 0, 7, 5),
    ),
    "Greensleeves": (
        (1, 2, 1, 1.5, 0.5, 1, 2, 1, 1.5, 0.5, 1),
        (0, 3, 5, 7, 9, 7, 5, 2, -2, 0, 2),
    ),
}


def has_tune(piece, lengths, pitches):
    """Return whether a melody contains a tune, in any key and at any speed."""
    notes = decode_notes(piece, "lead")
    steps = [two - one for one, two in pairwise(pitches)]
    for first in range(len(notes) - len(pitches) + 1):
        own = notes[first : first + len(pitches)]
        if [two.pitch - one.pitch for one, two in pairwise(own)] != steps:
            continue
        gaps = [two.start_beats - one.start_beats for one, two in pairwise(own)]
        if np.allclose(np.array(gaps) / gaps[0], np.array(lengths[:-1]) / lengths[0]):
            return True
    return False


def test_no_known_tune_is_played(pieces):
    """No melody holds the first phrases of a well-known tune."""
    for lengths, pitches in TUNES.values():
        assert not any(has_tune(piece, lengths, pitches) for piece in pieces)


def test_a_known_tune_would_be_found():
    """The search above finds a tune in another key and at half the speed."""
    piece = compose(1, lead="piano")
    lengths, pitches = TUNES["Ode to Joy"]
    starts = np.cumsum([0.0, *lengths[:-1]]) * 2
    notes = tuple(
        Note(float(start), 1.0, 65 + pitch, 98)
        for start, pitch in zip(starts, pitches, strict=True)
    )
    lead = next(part for part in piece.parts if part.role == "lead")
    assert has_tune(replace(piece, parts=(replace(lead, notes=notes),)), lengths, pitches)


@needs_fluidsynth
def test_pieces_are_played_at_their_length_and_level():
    """Pieces rendered together are cut exactly, finite, unclipped and equally loud."""
    asked = [compose(seed, style=style, seconds=4) for seed, style in enumerate(STYLES)]
    for piece, sound in zip(asked, render_many(asked), strict=True):
        assert sound.shape == (4 * RATE_HZ,), piece.style
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() < 0.95
        assert 0.03 < np.sqrt(np.square(sound).mean()) < 0.2, piece.style


@needs_fluidsynth
def test_a_bar_that_comes_back_sounds_the_same():
    """The same notes at the same position of a beat give the same samples."""
    piece = compose(4, style="techno", seconds=20, beat_frames=24, lead="none", density="steady")
    bar = piece.beat_frames * piece.beats_per_bar * FRAME_SAMPLES
    [sound] = render_many([piece], wetness=0)
    bars = sound[: len(sound) // bar * bar].reshape(-1, bar)
    alike = np.corrcoef(bars)
    np.fill_diagonal(alike, 0)
    assert alike.max() > 0.999


def test_every_tempo_is_whole_frames():
    """Frames per beat increase, and a sixteenth is never too short to hear."""
    assert sorted(set(BEAT_FRAMES)) == list(BEAT_FRAMES)
    assert min(BEAT_FRAMES) >= 16
