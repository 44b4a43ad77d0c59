"""The codes of the starter's eight codebooks, straight from the notes of a piece.

Two codebooks are silent and lead the others: the clock says where in the beat a frame is, the plan
which chord sounds. Four more instruments' worth of codebooks say what is struck or held: a code is
a state (which instrument, which pitch) at a stage of its life. Code 0 is silence everywhere, and
"unknown" in the silent codebooks: so much can be said of sound that nobody composed here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.starter.composer.compose import BEAT_FRAMES
from bot.starter.composer.instruments import (
    BASS_INSTRUMENTS,
    CHORD_INSTRUMENTS,
    INSTRUMENTS,
    LEAD_INSTRUMENTS,
)

Codes = NDArray[np.int16]


BOOKS = ("clock", "plan", "drums", "bass", "chord1", "chord2", "chord3", "lead")
STEMS: Mapping[str, tuple[int, ...]] = {
    "drums": (2,),
    "bass": (3,),
    "chords": (4, 5, 6),
    "lead": (7,),
}
CODES = 2048
FRAMES_PER_SECOND = 50
SILENCE = UNKNOWN_CODE = 0
CLOCK, PLAN, DRUMS, BASS, LEAD = 0, 1, 2, 3, 7
CHORDS = (4, 5, 6)

QUALITIES = ("maj", "min", "5", "7", "maj7", "m7", "m7b5", "sus")
_SECTIONS = {"verse": 0, "chorus": 1, "intro": 2, "break": 2, "outro": 2}
SECTION_KINDS = 3
"""How many kinds of sections the clock tells apart."""

BEATS, BARS = 4, 4
"""The beats of a bar and the bars of a phrase that the plan counts."""

_FIRST_FRAMES = dict(zip(BEAT_FRAMES, np.cumsum([0, *BEAT_FRAMES[:-1]]).tolist(), strict=True))
_CLOCK_FRAMES = sum(BEAT_FRAMES)

RINGING = (1, 3, 6, 12)
"""How many frames after a stroke each of the codes for ringing drums begins."""

_DRUM_SETS = Path(__file__).with_name("drum_sets.json")

Stroke = tuple[int, bool]
DrumSet = tuple[int, tuple[Stroke, ...]]


@dataclass(frozen=True, slots=True)
class Pitched:
    """How the codes of a monophonic codebook are laid out: instrument, then pitch, then stage.

    `ages` says how many frames after its attack a note enters each stage.
    """

    instruments: tuple[str, ...]
    lowest: tuple[int, ...]
    span: int
    ages: tuple[int, ...]

    @property
    def states(self) -> int:
        """Return how many pairs of instrument and pitch there are."""
        return len(self.instruments) * self.span

    def state(self, instrument: str, pitch: int) -> int:
        """Return the number of an instrument's pitch; octaves out of its range are folded."""
        number = self.instruments.index(instrument)
        step = pitch - self.lowest[number]
        if step < 0:
            step %= 12
        elif step >= self.span:
            step = self.span - 12 + (step - self.span) % 12
        return number * self.span + step

    def code(self, state: int, stage: int) -> int:
        """Return the code of a state at a stage."""
        return 1 + state * len(self.ages) + stage

    def meaning(self, code: int) -> tuple[str, int, int] | None:
        """Return instrument, pitch and stage of a code, or None where it is silence or unused."""
        if not 0 < code <= self.states * len(self.ages):
            return None
        state, stage = divmod(code - 1, len(self.ages))
        number, step = divmod(state, self.span)
        return self.instruments[number], self.lowest[number] + step, stage


LEAD_CODES = Pitched(
    LEAD_INSTRUMENTS,
    tuple(INSTRUMENTS[name].lead_center - 12 for name in LEAD_INSTRUMENTS),
    25,
    (0, 1),
)
CHORD_CODES = Pitched(
    CHORD_INSTRUMENTS,
    tuple(INSTRUMENTS[name].chord_center - 18 for name in CHORD_INSTRUMENTS),
    36,
    (0, 1),
)
BASS_CODES = Pitched(BASS_INSTRUMENTS, (28,) * len(BASS_INSTRUMENTS), 28, (0, 1, 4, 12))

PITCHED: Mapping[int, Pitched] = {
    BASS: BASS_CODES,
    **dict.fromkeys(CHORDS, CHORD_CODES),
    LEAD: LEAD_CODES,
}


@dataclass(frozen=True, slots=True)
class DrumCodes:
    """The sets of drums that are struck at once, in the order of their codes."""

    sets: tuple[DrumSet, ...]

    def code(self, number: int) -> int:
        """Return the code of a set."""
        return 1 + len(RINGING) + number

    def drum_set(self, code: int) -> DrumSet | None:
        """Return the set that a code strikes, or None where it strikes nothing."""
        number = code - 1 - len(RINGING)
        return self.sets[number] if 0 <= number < len(self.sets) else None


@cache
def drum_codes() -> DrumCodes:
    """Return the sets that the shipped model knows."""
    rows = json.loads(_DRUM_SETS.read_text("utf-8"))
    sets = ((kit, tuple((pitch, bool(ghost)) for pitch, ghost in drums)) for kit, drums in rows)
    return DrumCodes(tuple(sets))


def write_drum_sets(sets: Iterable[DrumSet], path: Path = _DRUM_SETS) -> None:
    """Write the sets, the likeliest first; at most as many as there are codes."""
    most = CODES - 1 - len(RINGING)
    rows = [[kit, [[p, int(g)] for p, g in drums]] for kit, drums in list(sets)[:most]]
    path.write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n", "utf-8")


def clock_codes(section: str, beat_frames: int) -> NDArray[np.int16]:
    """Return the codes of the clock over one beat."""
    first = 1 + _SECTIONS[section] * _CLOCK_FRAMES + _FIRST_FRAMES[beat_frames]
    return np.arange(first, first + beat_frames, dtype=np.int16)


def plan_code(root: int, quality: str, beat: int, number: int) -> int:
    """Return the code of a chord at a beat of a bar of a phrase."""
    chord = root * len(QUALITIES) + QUALITIES.index(quality)
    return 1 + (chord * BEATS + beat) * BARS + number


def clock_meaning(code: int) -> tuple[int, int, int] | None:
    """Return kind of section, frames of a beat and frame in the beat that a clock's code means."""
    if not 0 < code <= SECTION_KINDS * _CLOCK_FRAMES:
        return None
    section, place = divmod(code - 1, _CLOCK_FRAMES)
    beat_frames = max(each for each, first in _FIRST_FRAMES.items() if first <= place)
    return section, beat_frames, place - _FIRST_FRAMES[beat_frames]


def plan_meaning(code: int) -> tuple[int, str, int, int] | None:
    """Return root, quality, beat of the bar and bar of the phrase that a plan's code means."""
    if not 0 < code <= 12 * len(QUALITIES) * BEATS * BARS:
        return None
    rest, number = divmod(code - 1, BARS)
    chord, beat = divmod(rest, BEATS)
    root, quality = divmod(chord, len(QUALITIES))
    return root, QUALITIES[quality], beat, number
