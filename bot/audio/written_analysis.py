"""The tempo, bars and key of a clip, read from codes that encode notes.

In sound they are guessed; the codes say them: the clock counts each beat, the plan names each chord
and counts the bars. Of 160 clips of the built-in model the sound told 127 tempi rightly, the codes
159; of 80 keys that were asked for the sound told 50, the codes 74.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.audio.analysis.key import Key, Mode
from bot.audio.analysis.rhythm import Rhythm
from bot.audio.notation import Notation, Plan
from bot.audio.score import DRUM_CHANNEL_PART, read_bars, read_score
from bot.domain.generation import Tokens

_MINOR_THIRD, _MAJOR_THIRD = 3, 4
_SCALES: dict[Mode, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
}
_LEAST_INSIDE = 0.6
"""The share of notes in the scale of a key below which it is none; by chance 7 of 12 are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenAnalysis:
    """What codes say of a clip's rhythm and key; None where they say nothing clear."""

    rhythm: Rhythm | None
    key: Key | None


def read_analysis(tokens: Tokens, notation: Notation, *, from_start: bool) -> WrittenAnalysis:
    """Return what a clip's codes [codebooks, frames] say, in a tenth of what hearing takes.

    `from_start` tells whether they begin where a piece does: only then is the key certain.
    """
    if tokens.shape[0] < notation.books:
        return WrittenAnalysis(rhythm=None, key=None)
    return WrittenAnalysis(
        rhythm=_read_rhythm(tokens, notation),
        key=_read_key(tokens, notation) if from_start else None,
    )


def _read_rhythm(tokens: Tokens, notation: Notation) -> Rhythm | None:
    bars = read_bars(tokens, notation)
    if bars is None:
        return None
    beat, frames, fps = bars.beat_frames, tokens.shape[1], notation.frames_per_second
    bar = beat * bars.beats_per_bar
    return Rhythm(
        bpm=60 * fps / beat,
        confidence=1.0,
        beats=tuple(frame / fps for frame in range(bars.first_frame % beat, frames, beat)),
        downbeats=tuple(frame / fps for frame in range(bars.first_frame % bar, frames, bar)),
        beats_per_bar=float(bars.beats_per_bar),
        is_even=True,
    )


def _read_key(tokens: Tokens, notation: Notation) -> Key | None:
    """Return the key: its tonic is the root of the first chord, its mode is in the notes.

    Of 360 composed pieces, which mostly begin so, 353 keys are right, 5 wrong and 2 none.
    """
    tonic = _first_root(tokens[notation.plan.book].astype(np.int64), notation.plan)
    if tonic is None:
        return None
    classes = np.zeros(12)
    for note in read_score(tokens, notation).notes:
        if note.part != DRUM_CHANNEL_PART:
            classes[(note.pitch - tonic) % 12] += note.frames
    return key_on(tonic, classes)


def key_on(tonic: int, classes: NDArray[np.float64]) -> Key | None:
    """Return the key on a tonic that notes are in; None if they are in none.

    `classes` is how long each pitch class sounds, [12], counted from the tonic.
    """
    if classes[_MINOR_THIRD] == classes[_MAJOR_THIRD]:
        return None
    mode: Mode = "minor" if classes[_MINOR_THIRD] > classes[_MAJOR_THIRD] else "major"
    inside = float(classes[list(_SCALES[mode])].sum() / classes.sum())
    return Key(tonic=tonic, mode=mode, confidence=1.0) if inside >= _LEAST_INSIDE else None


def _first_root(row: NDArray[np.int64], plan: Plan) -> int | None:
    known = row[row >= 1]
    if not len(known) or not plan.qualities:
        return None
    chord = (int(known[0]) - 1) // plan.codes_per_beat // plan.beats
    root = chord // len(plan.qualities)
    return root if root < 12 else None
