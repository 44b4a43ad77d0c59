"""The frozen values a composed piece is made of."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["major", "minor"]
Density = Literal["none", "light", "steady", "dense"]
Activity = Literal["sparse", "usual", "busy"]
SectionKind = Literal["intro", "verse", "chorus", "break", "outro"]
Quality = Literal["maj", "min", "5", "7", "maj7", "m7", "m7b5", "sus"]
Role = Literal["drums", "bass", "chord1", "chord2", "chord3", "lead"]

Chord = tuple[int, Quality]
"""The root as a pitch class (0 to 11, 0 is C), and the quality."""

# The codec's rate: a beat lasts a whole number of its frames, so a repeated bar repeats its codes.
FRAMES_PER_MINUTE = 3000


@dataclass(frozen=True, slots=True)
class Note:
    """One note; for drums the pitch is the General MIDI drum, a velocity up to 60 a ghost."""

    start_beats: float
    length_beats: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one instrument plays in one role; the parts of a role never overlap in time."""

    role: Role
    instrument: str
    program: int
    is_drums: bool
    volume: int
    pan: int
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """The plan of one bar: its section, its place in a phrase of four bars, and its chords.

    A chord comes with the beat of the bar on which it begins, the first with 0.
    """

    section: SectionKind
    number: int
    chords: tuple[tuple[float, Chord], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A whole composition, with everything that words may say of it.

    `division` is how many steps a beat has: 4, or 3 where the beat swings or the meter is 6/8.
    """

    style: str
    era: str | None
    tonic: int
    mode: Mode
    beat_frames: int
    beats_per_bar: int
    division: int
    mood: str
    drum_density: Density
    activity: Activity
    traits: tuple[str, ...]
    parts: tuple[Part, ...]
    bars: tuple[Bar, ...]
    seconds: float

    @property
    def bpm(self) -> float:
        """Return the tempo in beats per minute."""
        return FRAMES_PER_MINUTE / self.beat_frames

    @property
    def instruments(self) -> tuple[str, ...]:
        """Return the names of the pitched instruments, each once, in the order of the parts."""
        return tuple(dict.fromkeys(part.instrument for part in self.parts if not part.is_drums))

    @property
    def lead(self) -> str | None:
        """Return the instrument of the first melody, or none."""
        return next((part.instrument for part in self.parts if part.role == "lead"), None)
