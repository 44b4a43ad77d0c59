"""What the codes of a model mean, if its codebooks are instruments.

Such a checkpoint has a `notation.json`. A code is an instrument, a pitch and a stage of the note,
the first being its attack; of the drums it is a set of simultaneous strokes. The clock codebook
gives the length of a beat, the plan codebook the beat within a bar.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

FILE = "notation.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """An instrument of a codebook: its General MIDI program, and the pitch of its first code."""

    name: str
    program: int
    lowest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PitchedBook:
    """A codebook that plays one note at a time; a code is 1 + (voice * span + step) * stages."""

    book: int
    part: str
    span: int
    stages: int
    voices: tuple[Voice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drums:
    """The codebook of the drums: the sets that codes from `first` on strike.

    A set is a kit, as a General MIDI program, and its strokes: a pitch, and whether it is soft.
    """

    book: int
    first: int
    sets: tuple[tuple[int, tuple[tuple[int, bool], ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The codebook that counts the frames of each beat, for each length that a beat may have."""

    book: int
    beat_frames: tuple[int, ...]
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The codebook that says which chord sounds, and counts the beats of a bar.

    A code is 1 + ((root * qualities + quality) * beats + beat) * codes_per_beat + bar.
    """

    book: int
    codes_per_beat: int
    beats: int
    qualities: tuple[str, ...] = ()
    """What kinds of chords there are; none in a notation that doesn't tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notation:
    """What the codes of a model mean."""

    frames_per_second: int
    clock: Clock
    plan: Plan
    drums: Drums
    pitched: tuple[PitchedBook, ...]

    @property
    def books(self) -> int:
        """Return how many codebooks codes have at least."""
        named = (self.clock.book, self.plan.book, self.drums.book)
        return 1 + max(*named, *(each.book for each in self.pitched))


@cache
def load_notation(folder: Path) -> Notation | None:
    """Return the notation of a checkpoint, cached in the process; None if it has none.

    An invalid one is logged and ignored, since only exports of notes need it.
    """
    try:
        return _parse_notation(json.loads((folder / FILE).read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        log.warning("notation.not_read file=%s", folder / FILE, exc_info=True)
        return None


def _parse_notation(fields: Mapping[str, Any]) -> Notation:
    return Notation(
        frames_per_second=fields["frames_per_second"],
        clock=Clock(**fields["clock"] | {"beat_frames": tuple(fields["clock"]["beat_frames"])}),
        plan=Plan(
            **fields["plan"] | {"qualities": tuple(fields["plan"].get("qualities", ()))},
        ),
        drums=Drums(
            book=fields["drums"]["book"],
            first=fields["drums"]["first"],
            sets=tuple(
                (kit, tuple((pitch, bool(soft)) for pitch, soft in strokes))
                for kit, strokes in fields["drums"]["sets"]
            ),
        ),
        pitched=tuple(
            PitchedBook(**each | {"voices": tuple(Voice(**voice) for voice in each["voices"])})
            for each in fields["pitched"]
        ),
    )
