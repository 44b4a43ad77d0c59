"""Chords, scales and voicings as pitches."""

import re
from functools import lru_cache

from bot.starter.composer.piece import Chord, Quality

_DEGREES = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
_ROMAN = re.compile(r"(b?)([ivIV]+)(.*)")

INTERVALS: dict[Quality, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "5": (0, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10),
    "sus": (0, 5, 7),
}
"""Every quality of a chord, as intervals above its root."""

_SUFFIXES: dict[str, tuple[Quality, Quality]] = {
    # In capitals, in small letters.
    "": ("maj", "min"),
    "5": ("5", "5"),
    "7": ("7", "m7"),
    "9": ("7", "m7"),
    "maj7": ("maj7", "maj7"),
    "m7b5": ("m7b5", "m7b5"),
    "sus": ("sus", "sus"),
}

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "major blues": (0, 2, 3, 4, 7, 9),
}

_LOWEST_POWER_ROOT = 40


def parse_chord(symbol: str) -> Chord:
    """Read a scale degree such as `bVII`, `ii7` or `i5`; its root is counted from the tonic."""
    match = _ROMAN.fullmatch(symbol)
    if match is None:
        raise ValueError(f"not a chord: {symbol}")
    flat, numeral, suffix = match.groups()
    root = (_DEGREES[numeral.lower()] - len(flat)) % 12
    return root, _SUFFIXES[suffix][0 if numeral.isupper() else 1]


@lru_cache(maxsize=1024)
def parse_progression(symbols: str) -> tuple[tuple[Chord, ...], ...]:
    """Read a progression: bars by spaces, two chords of one bar by a comma."""
    return tuple(tuple(parse_chord(symbol) for symbol in bar.split(",")) for bar in symbols.split())


def third_of(quality: Quality) -> int:
    """Return the interval of the third, or of what stands in its place."""
    return INTERVALS[quality][1]


def fifth_of(quality: Quality) -> int:
    """Return the interval of the fifth."""
    return 6 if quality == "m7b5" else 7


def seventh_of(quality: Quality) -> int:
    """Return the interval of the seventh, or of the octave where there is none."""
    intervals = INTERVALS[quality]
    return intervals[3] if len(intervals) > 3 else 12


@lru_cache(maxsize=4096)
def pitches_of(chord: Chord, lowest: int, highest: int) -> tuple[int, ...]:
    """Return the tones of a chord between two pitches."""
    root, quality = chord
    tones = {(root + interval) % 12 for interval in INTERVALS[quality]}
    return tuple(pitch for pitch in range(lowest, highest + 1) if pitch % 12 in tones)


@lru_cache(maxsize=8192)
def melody_pitches(
    scale: str, tonic: int, chord: Chord, lowest: int, highest: int
) -> tuple[int, ...]:
    """Return what a melody may use over a chord.

    That are the scale and the chord's tones; a foreign tone of the chord (the leading tone of a
    dominant in minor) takes the place of its neighbours of the scale.
    """
    own = {(tonic + step) % 12 for step in SCALES[scale]}
    tones = {(chord[0] + interval) % 12 for interval in INTERVALS[chord[1]]}
    for foreign in tones - own:
        for neighbour in ((foreign - 1) % 12, (foreign + 1) % 12):
            if neighbour not in tones:
                own.discard(neighbour)
    own |= tones
    return tuple(pitch for pitch in range(lowest, highest + 1) if pitch % 12 in own)


def _tones_to_voice(quality: Quality, has_bass: bool, voices: int, has_ninth: bool) -> list[int]:
    intervals = INTERVALS[quality]
    if quality == "5":
        return [0, 7]
    if len(intervals) == 3:
        if voices == 2:
            # The bass has the root.
            return [intervals[1], 7] if has_bass else [0, intervals[1]]
        return list(intervals)
    if voices == 2:
        return [intervals[1], intervals[3]]
    if not has_bass:
        return [0, intervals[1], intervals[3]]
    is_plain = quality == "m7b5" or not has_ninth
    return [intervals[1], intervals[3], intervals[2] if is_plain else 2]


@lru_cache(maxsize=32768)
def voiced(
    chord: Chord,
    center: int,
    before: tuple[int, ...],
    has_bass: bool,
    voices: int = 3,
    has_ninth: bool = False,
) -> tuple[int, ...]:
    """Return the close position of a chord that moves least from the one before, lowest first."""
    root, quality = chord
    classes = sorted(
        (root + tone) % 12 for tone in _tones_to_voice(quality, has_bass, voices, has_ninth)
    )
    best: tuple[float, tuple[int, ...]] | None = None
    for turn in range(len(classes)):
        order = classes[turn:] + classes[:turn]
        for lowest in range(center - 11, center + 5):
            if lowest % 12 != order[0]:
                continue
            pitches = [lowest]
            for tone in order[1:]:
                pitches.append(pitches[-1] + (tone - pitches[-1]) % 12)
            cost = 0.7 * abs(sum(pitches) / len(pitches) - center)
            if len(before) == len(pitches):
                cost += sum(abs(a - b) for a, b in zip(pitches, before, strict=True))
            candidate = (cost, tuple(pitches))
            if best is None or candidate < best:
                best = candidate
    assert best is not None
    return best[1]


def power_voiced(chord: Chord, lowest: int = _LOWEST_POWER_ROOT) -> tuple[int, ...]:
    """Return root, fifth and octave in the low register of a guitar."""
    root = lowest + (chord[0] - lowest) % 12
    return (root, root + 7, root + 12)
