"""How one sound is brought to another: at its tempo, in a key that fits, downbeat on downbeat.

One of the two leads and stays as it is; the other follows. Tempi an octave apart are one tempo:
140 beats a minute follow 70 as they are. Keys fit that have the same tones, or all but one of
them: the neighbours on the circle of fifths, with their relatives.
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
# What a whole mix would drift apart without a stretch that is hardly worth it.
_LEAST_DRIFT_SECONDS = 0.003
# A neighbouring key is as good as being a semitone and a half nearer.
_NEIGHBOUR_COST = 1.5
_MAJOR_OF_MINOR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is known of a sound that is to be laid over another."""

    seconds: float
    rhythm: Rhythm | None
    key: Key | None
    loops: bool = False

    @property
    def bpm(self) -> float | None:
        """Return the tempo; of a loop exactly, since its length is a number of whole beats."""
        if self.rhythm is None:
            return None
        beats = round(self.seconds * self.rhythm.bpm / 60)
        exact = 60 * beats / self.seconds
        is_whole = self.loops and abs(exact / self.rhythm.bpm - 1) < 0.01
        return exact if is_whole else self.rhythm.bpm

    @property
    def is_steady(self) -> bool:
        """Return whether there is a tempo that holds throughout, for certain."""
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
    """How a sound is brought to another one.

    A `time_factor` above 1 makes it faster. `offset_seconds` is where it then begins in the time of
    the other; below 0 it begins before it. `on_the_beat` is False where one has no beat.
    """

    time_factor: float = 1.0
    semitones: int = 0
    offset_seconds: float = 0.0
    on_the_beat: bool = False


def align(lead: Part, other: Part) -> Alignment:
    """Return how a sound is brought to one that leads.

    Where one has no beat, or none that is certain at tempi that don't fit, both begin together at
    their own pace. Raises RequestError where both have one and they are too far apart.
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
    """Return the factor nearest to 1 that brings a tempo to another one, or to an octave of it.

    None where that is more than `most`.
    """
    factors = [lead_bpm / other_bpm * 2.0**octaves for octaves in _OCTAVES]
    nearest = min(factors, key=lambda factor: abs(math.log(factor)))
    return nearest if 1 / most - 1e-9 <= nearest <= most + 1e-9 else None


def shift_to_fit(lead: Key | None, other: Key | None) -> int:
    """Return the semitones that bring a key to one that fits another, as few as can be.

    0 where one of them is unclear. Some shift of three semitones or less fits for any two keys.
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
