"""Align one sound with another: same tempo, compatible key, downbeat on downbeat.

The lead is unchanged; the other follows. Tempi an octave apart are equal: 140 BPM follows 70 as it
is. Compatible keys share all tones or all but one: neighbours on the circle of fifths, and their
relatives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.audio.analysis.key import Key
from bot.audio.analysis.rhythm import Rhythm
from bot.errors import RequestError
from bot.i18n.sentence import Sentence

MOST_STRETCH = 1.12
"""A sound is made faster or slower by this factor at most: further it sounds made up."""

MOST_SEMITONES = 3
"""As far as a sound is shifted up or down."""

CLEAR_RHYTHM, CLEAR_KEY = 0.6, 0.5
"""From which confidence on a tempo is certain, and a key is worth shifting a sound for."""

TOO_FAR_APART = Sentence(
    "These two don't fit: one has {lead:.0f} beats a minute and the other {other:.0f}. I can "
    "change a clip's tempo by 12 % at most."
)

_OCTAVES = (0, -1, 1, -2, 2)
# Below this drift over a whole mix, no stretch is applied.
_LEAST_DRIFT_SECONDS = 0.003
# The cost of a neighbouring key, in semitones of transposition.
_NEIGHBOUR_COST = 1.5
_MAJOR_OF_MINOR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundAnalysis:
    """The analysis of a sound that is to be mixed."""

    seconds: float
    rhythm: Rhythm | None
    key: Key | None
    loops: bool = False

    @property
    def bpm(self) -> float | None:
        """Return the tempo; exact for a loop, whose length is a whole number of beats."""
        if self.rhythm is None:
            return None
        beats = round(self.seconds * self.rhythm.bpm / 60)
        exact = 60 * beats / self.seconds
        is_whole = self.loops and abs(exact / self.rhythm.bpm - 1) < 0.01
        return exact if is_whole else self.rhythm.bpm

    @property
    def is_steady(self) -> bool:
        """Return whether it has a reliable constant tempo."""
        return (
            self.rhythm is not None
            and self.rhythm.is_even
            and self.rhythm.confidence >= CLEAR_RHYTHM
        )

    @property
    def first_downbeat(self) -> float:
        """Return where the first bar begins, in seconds."""
        if self.rhythm is None:
            return 0.0
        return (*self.rhythm.downbeats, *self.rhythm.beats, 0.0)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """The changes that align a sound with another one.

    A `time_factor` above 1 speeds it up. `offset_seconds` is its start in the other's time;
    negative if it starts earlier. `on_the_beat` is False if one has no beat.
    """

    time_factor: float = 1.0
    semitones: int = 0
    offset_seconds: float = 0.0
    on_the_beat: bool = False


def align(lead: SoundAnalysis, other: SoundAnalysis) -> Alignment:
    """Return the alignment of a sound with a lead.

    If one has no beat, or only an unreliable one that doesn't fit, both start together unchanged.
    Raises RequestError if both have one and the tempi are too far apart.
    """
    semitones = shift_to_fit(lead.key, other.key)
    if lead.bpm is None or other.bpm is None:
        return Alignment(semitones=semitones)
    factor = fold_tempo(lead.bpm, other.bpm)
    if factor is None:
        if lead.is_steady and other.is_steady:
            raise RequestError(TOO_FAR_APART.fill(lead=lead.bpm, other=other.bpm))
        return Alignment(semitones=semitones)
    if abs(factor - 1) * max(lead.seconds, other.seconds) < _LEAST_DRIFT_SECONDS:
        factor = 1.0
    return Alignment(
        time_factor=factor,
        semitones=semitones,
        offset_seconds=lead.first_downbeat - other.first_downbeat / factor,
        on_the_beat=True,
    )


def fold_tempo(lead_bpm: float, other_bpm: float, most: float = MOST_STRETCH) -> float | None:
    """Return the factor nearest to 1 between two tempi, up to octaves.

    None if it exceeds `most`.
    """
    factors = [lead_bpm / other_bpm * 2.0**octaves for octaves in _OCTAVES]
    nearest = min(factors, key=lambda factor: abs(math.log(factor)))
    return nearest if 1 / most - 1e-9 <= nearest <= most + 1e-9 else None


def shift_to_fit(lead: Key | None, other: Key | None) -> int:
    """Return the smallest transposition, in semitones, to a compatible key.

    0 if one key is unclear. Three semitones are enough for any two keys.
    """
    if lead is None or other is None or min(lead.confidence, other.confidence) < CLEAR_KEY:
        return 0
    distance = _major_tonic(lead) - _major_tonic(other)
    costs = {
        shift: abs(shift) + _NEIGHBOUR_COST * (left != 0)
        for shift in range(-MOST_SEMITONES, MOST_SEMITONES + 1)
        # A fifth up or a fifth down.
        if (left := (distance - shift) % 12) in (0, 5, 7)
    }
    return min(costs, key=lambda shift: (costs[shift], abs(shift)))


def _major_tonic(key: Key) -> int:
    """Return the tonic of the major key with the same tones."""
    return (key.tonic + (_MAJOR_OF_MINOR if key.mode == "minor" else 0)) % 12
