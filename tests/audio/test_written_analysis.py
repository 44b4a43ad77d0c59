"""Tempo, bars and key, read from the codes of composed pieces."""

from __future__ import annotations

import numpy as np
import pytest

from bot.audio.notation import load_notation
from bot.audio.written_analysis import WrittenAnalysis, read_analysis
from bot.models.registry import starter_folder
from bot.starter.composer.compose import compose
from bot.starter.training.data.codebooks import FRAMES_PER_SECOND, PLAN
from bot.starter.training.data.encoding import encode_piece

FRAMES = 750
STYLES = ("funk", "techno", "classical", "metal", "waltz", "reggae")
NOTHING = WrittenAnalysis(rhythm=None, key=None)


@pytest.fixture(scope="module")
def notation():
    return load_notation(starter_folder())


@pytest.fixture(scope="module", params=STYLES)
def piece(request):
    return compose(STYLES.index(request.param), style=request.param, seconds=20.0)


def codes_of(piece):
    return encode_piece(piece, FRAMES).astype(np.int32)


def test_tempo_and_bars_are_those_of_the_piece(notation, piece):
    """To the frame, from the first to the last."""
    rhythm = read_analysis(codes_of(piece), notation, from_start=True).rhythm
    beat_seconds = piece.beat_frames / FRAMES_PER_SECOND
    assert rhythm.bpm == pytest.approx(60 / beat_seconds)
    assert rhythm.beats_per_bar == piece.beats_per_bar
    assert (rhythm.confidence, rhythm.is_even) == (1.0, True)
    beats = np.arange(0, FRAMES / FRAMES_PER_SECOND - 1e-6, beat_seconds)
    np.testing.assert_allclose(rhythm.beats, beats)
    np.testing.assert_allclose(rhythm.downbeats, beats[:: piece.beats_per_bar])


def test_bars_of_a_part_begin_where_those_of_the_piece_do(notation, piece):
    """A clip that was cut off within a beat has its first bar line later."""
    cut = piece.beat_frames * (piece.beats_per_bar - 1) + 3
    rhythm = read_analysis(codes_of(piece)[:, cut:], notation, from_start=False).rhythm
    assert rhythm.downbeats[0] == pytest.approx((piece.beat_frames - 3) / FRAMES_PER_SECOND)
    assert rhythm.beats[0] == rhythm.downbeats[0]


def test_the_key_is_that_of_the_piece(notation, piece):
    """It is read from the beginning of a piece, and of no other part."""
    found = read_analysis(codes_of(piece), notation, from_start=True).key
    assert (found.tonic, found.mode) == (piece.tonic, piece.mode)
    assert read_analysis(codes_of(piece), notation, from_start=False).key is None


def test_notes_outside_the_key_make_it_unknown(notation, piece):
    """A chord that the notes don't fit says nothing of them; nor does one over drums alone."""
    codes, plan = codes_of(piece), notation.plan
    a_root = len(plan.qualities) * plan.beats * plan.codes_per_beat
    elsewhere = codes.copy()
    elsewhere[PLAN] = (codes[PLAN] - 1 + 6 * a_root) % (12 * a_root) + 1
    assert read_analysis(elsewhere, notation, from_start=True).key is None
    codes[[each.book for each in notation.pitched]] = 0
    assert read_analysis(codes, notation, from_start=True).key is None


def test_another_tempo_within_a_clip_is_none(notation):
    """As where somebody goes on at another speed."""
    slow, fast = (compose(5, style="rock", seconds=20.0, beat_frames=n) for n in (24, 28))
    codes = np.concatenate([codes_of(slow)[:, :400], codes_of(fast)[:, :350]], axis=1)
    assert read_analysis(codes, notation, from_start=True).rhythm is None


@pytest.mark.parametrize("books", [4, 16])
def test_codes_that_say_nothing_are_none(notation, books):
    """Those of another model, and silence."""
    codes = np.zeros((books, FRAMES), np.int32)
    assert read_analysis(codes, notation, from_start=True) == NOTHING
