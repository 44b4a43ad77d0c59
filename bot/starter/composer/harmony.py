"""Chords and scales as pitches."""

import re
from dataclasses import dataclass

_DEGREES = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
_ROMAN = re.compile(r"(b?)([ivIV]+)(.*)")
_SEVENTHS = {"7": 10, "9": 10, "maj7": 11, "m7b5": 10}

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
}


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord: its root as a pitch class, and its tones as intervals above the root."""

    root: int
    intervals: tuple[int, ...]

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Return the chord's tones as pitch classes."""
        return tuple((self.root + interval) % 12 for interval in self.intervals)

    @property
    def third(self) -> int:
        """Return the interval of the third, or of the fifth where there is none."""
        return self.intervals[1]

    def root_from(self, lowest: int) -> int:
        """Return the first pitch of the root from a lowest pitch upwards."""
        return lowest + (self.root - lowest) % 12

    def voiced(self, center: int) -> tuple[int, ...]:
        """Return the chord's tones around a pitch, lowest first."""
        lowest = center - 6
        return tuple(sorted(lowest + (tone - lowest) % 12 for tone in self.pitch_classes))


def parse_chord(symbol: str, tonic: int) -> Chord:
    """Read a scale degree such as `bVII`, `ii7` or `i5` in a key."""
    match = _ROMAN.fullmatch(symbol)
    if match is None:
        raise ValueError(f"not a chord: {symbol}")
    flat, numeral, suffix = match.groups()
    root = (tonic + _DEGREES[numeral.lower()] - len(flat)) % 12
    if suffix == "5":
        return Chord(root, (0, 7))
    third = 4 if numeral.isupper() else 3
    fifth = 6 if suffix == "m7b5" else 7
    if suffix == "m7b5":
        third = 3
    if suffix == "9":
        # The fifth makes way for the ninth: four tones stay clear in a small codec.
        return Chord(root, (0, third, 10, 14))
    seventh = (_SEVENTHS[suffix],) if suffix else ()
    return Chord(root, (0, third, fifth, *seventh))


def parse_progression(symbols: str, tonic: int) -> tuple[Chord, ...]:
    """Read the chords of a loop, one a bar."""
    return tuple(parse_chord(symbol, tonic) for symbol in symbols.split())


def scale_pitches(name: str, tonic: int, lowest: int, highest: int) -> tuple[int, ...]:
    """Return the pitches of a scale between two pitches."""
    tones = {(tonic + step) % 12 for step in SCALES[name]}
    return tuple(pitch for pitch in range(lowest, highest + 1) if pitch % 12 in tones)
