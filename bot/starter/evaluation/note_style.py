"""A classifier of style by notes, trained on the composer's pieces.

It needs no sound, so that it can be trained on far more pieces than a classifier of sound, and what
it says is about what was written alone.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import joblib
import numpy as np

from bot.domain.generation import Floats
from bot.starter.composer.instruments import INSTRUMENTS
from bot.starter.composer.piece import Piece
from bot.starter.evaluation import classifier, note_score
from bot.starter.evaluation.classifier import Classifier, Ranking
from bot.starter.evaluation.note_score import Score, score_of
from bot.starter.training.data.codebooks import BASS, CHORDS, DRUMS, FRAMES_PER_SECOND, LEAD
from bot.starter.training.data.encoding import encode_piece

_NAMES = {name: index for index, name in enumerate(INSTRUMENTS)}
_PLACES = 12
_KITS = 128
# The drums of General MIDI that are told apart: kicks, sticks, snares, claps, toms, cymbals, hands.
_DRUMS = (35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 53, 54, 56, 60, 61,
          62, 63, 64, 69, 70, 75, 82)  # fmt: skip
_BEATS = 4
_FRAMES = 500


def traits(score: Score) -> Floats:
    """Describe a clip's notes as one row: who plays, what is struck when, how fast and how high."""
    frames = score.beat_frames
    parts = [
        _instruments(score, (BASS,)),
        _instruments(score, CHORDS),
        _instruments(score, (LEAD,)),
        _kit(score),
        _strokes(score),
        *(_rhythm(score, books) for books in ((BASS,), CHORDS, (LEAD,))),
        *(_register(score, books) for books in ((BASS,), CHORDS, (LEAD,))),
        _harmony(score),
        np.array([np.log2(frames / 25), (len(score.bars) > 1) * _bar_beats(score)]),
    ]
    return np.concatenate(parts, dtype=np.float32)


def train(pieces: Sequence[Piece]) -> Classifier:
    """Train a classifier on pieces, a stretch of ten seconds of each."""
    rows = []
    for seed, piece in enumerate(pieces):
        codes = encode_piece(piece, round(piece.seconds * FRAMES_PER_SECOND))
        spare = max(0, codes.shape[1] - _FRAMES)
        start = int(np.random.default_rng(seed).integers(spare + 1)) if seed % 2 else 0
        heard = codes[:, start : start + _FRAMES]
        rows.append(traits(score_of(heard, piece.beat_frames, piece.beats_per_bar)))
    return Classifier.fit(np.stack(rows), [piece.style for piece in pieces])


def load_or_train(
    cache: Path, pieces: Sequence[Piece], report: Callable[[str], None]
) -> Classifier:
    """Return the classifier trained on these pieces, from the cache where it is there already."""
    code = "".join(map(inspect.getsource, (note_score, classifier, sys.modules[__name__])))
    trained_on = hashlib.sha256((version("scikit-learn") + code).encode())
    for piece in pieces:
        trained_on.update(repr(piece).encode())
    file = cache / f"note-style-{trained_on.hexdigest()[:20]}.joblib"
    if file.exists():
        stored: Classifier = joblib.load(file)
        return stored
    report(f"Training a classifier of notes on {len(pieces)} pieces")
    made = train(pieces)
    scratch = file.with_suffix(".part")
    joblib.dump(made, scratch)
    scratch.rename(file)
    return made


def style_of(classifier: Classifier, score: Score) -> Ranking:
    """Return the chances of the styles that notes may be in."""
    return classifier(traits(score))


def _instruments(score: Score, books: tuple[int, ...]) -> Floats:
    found = np.zeros(len(_NAMES), np.float32)
    for note in score.notes:
        if note.book in books:
            found[_NAMES[note.instrument]] += note.frames
    return found / max(1.0, float(found.sum()))


def _kit(score: Score) -> Floats:
    found = np.zeros(_KITS, np.float32)
    for note in score.notes:
        if note.book == DRUMS:
            found[int(note.instrument) % _KITS] += 1
    return found / max(1.0, float(found.sum()))


def _strokes(score: Score) -> Floats:
    """Return how often each drum is struck at each place of a bar of four beats, a bar."""
    found = np.zeros((len(_DRUMS), _BEATS * 4), np.float32)
    for note in score.notes:
        if note.book == DRUMS and note.pitch in _DRUMS:
            beats = (note.frame - _bar_start(score, note.frame)) / score.beat_frames
            place = round(beats * 4) % (_BEATS * 4)
            found[_DRUMS.index(note.pitch), place] += 0.5 if note.is_ghost else 1
    return (found / _bars(score)).ravel()


def _rhythm(score: Score, books: tuple[int, ...]) -> Floats:
    """Return how often notes begin at each place of a beat, and how long they are."""
    places = np.zeros(_PLACES, np.float32)
    beats = np.zeros(_BEATS, np.float32)
    lengths = []
    for note in score.notes:
        if note.book in books:
            at = (note.frame - _bar_start(score, note.frame)) / score.beat_frames
            places[round(at * _PLACES) % _PLACES] += 1
            beats[int(at + 1 / _PLACES) % _BEATS] += 1
            lengths.append(note.frames / score.beat_frames)
    length = [float(np.mean(lengths)), float(np.std(lengths))] if lengths else [0.0, 0.0]
    bars = _bars(score)
    return np.concatenate([places / bars, beats / bars, length], dtype=np.float32)


def _register(score: Score, books: tuple[int, ...]) -> Floats:
    pitches = [note.pitch for note in score.notes if note.book in books]
    if not pitches:
        return np.zeros(3, np.float32)
    steps = np.abs(np.diff(pitches)) if len(pitches) > 1 else np.zeros(1)
    return np.array([np.mean(pitches), np.std(pitches), steps.mean()], np.float32)


def _harmony(score: Score) -> Floats:
    """Return which intervals above the bass's pitch class the chords have."""
    found = np.zeros(12, np.float32)
    basses = [note for note in score.notes if note.book == BASS]
    starts = np.array([note.frame for note in basses])
    for note in score.notes:
        before = int(np.searchsorted(starts, note.frame, side="right")) - 1
        if note.book in CHORDS and before >= 0:
            found[(note.pitch - basses[before].pitch) % 12] += note.frames
    return found / max(1.0, float(found.sum()))


def _bars(score: Score) -> float:
    return max(1.0, score.frames / (score.beat_frames * _BEATS))


def _bar_start(score: Score, frame: int) -> int:
    """Return where the bar of a frame begins; before the first, bars are counted back."""
    index = int(np.searchsorted(score.bars, frame, side="right")) - 1
    return score.bars[index] if index >= 0 else score.bars[0] - _BEATS * score.beat_frames


def _bar_beats(score: Score) -> float:
    return float(np.median(np.diff(score.bars))) / score.beat_frames
