"""The frozen values a composed piece is made of."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["major", "minor"]
Density = Literal["none", "light", "steady", "dense"]

# The codec's rate: a beat lasts a whole number of its frames, so a repeated bar repeats its codes.
FRAMES_PER_MINUTE = 3000


@dataclass(frozen=True, slots=True)
class Note:
    """One note; for drums the pitch is the General MIDI drum."""

    start_beats: float
    length_beats: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one instrument plays."""

    role: str
    instrument: str
    program: int
    is_drums: bool
    volume: int
    pan: int
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A whole composition, with everything that words may say of it."""

    style: str
    era: str | None
    tonic: int
    mode: Mode
    beat_frames: int
    beats_per_bar: int
    mood: str
    drum_density: Density
    traits: tuple[str, ...]
    parts: tuple[Part, ...]
    seconds: float
    reverb: float
    lowpass_hz: float | None

    @property
    def bpm(self) -> float:
        """Return the tempo in beats per minute."""
        return FRAMES_PER_MINUTE / self.beat_frames

    @property
    def instruments(self) -> tuple[str, ...]:
        """Return the names of the pitched instruments, each once, in the order of the parts."""
        return tuple(dict.fromkeys(part.instrument for part in self.parts if not part.is_drums))
