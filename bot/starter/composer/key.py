"""The key of a piece and the progressions that its sections repeat."""

import random as randomness
from collections.abc import Sequence
from dataclasses import dataclass

from bot.starter.composer import harmony
from bot.starter.composer.piece import Chord, Mode, SectionKind
from bot.starter.composer.style import Style

_TURNAROUND, _SUBSTITUTE = 0.2, 0.3
# Counted from the tonic: what a major key is most surely known by, and a minor one.
_BRIGHT_CHORDS: tuple[Chord, ...] = (
    (0, "maj"), (0, "maj7"), (5, "maj"), (5, "maj7"), (7, "maj"), (7, "7"),
)  # fmt: skip
_DARK_CHORDS: tuple[Chord, ...] = (
    (0, "min"), (0, "m7"), (5, "min"), (5, "m7"), (7, "min"), (7, "m7"), (2, "m7b5"),
)  # fmt: skip

# Chords that stand in for each other inside a phrase, counted from the tonic.
_SUBSTITUTES: dict[Mode, dict[Chord, Chord]] = {
    "major": {
        (5, "maj"): (2, "min"),
        (2, "min"): (5, "maj"),
        (9, "min"): (4, "min"),
        (7, "maj"): (7, "sus"),
        (5, "maj7"): (2, "m7"),
        (2, "m7"): (5, "maj7"),
        (9, "m7"): (4, "m7"),
        (5, "5"): (9, "5"),
    },
    "minor": {
        (5, "min"): (8, "maj"),
        (8, "maj"): (5, "min"),
        (10, "maj"): (7, "min"),
        (3, "maj"): (8, "maj"),
        (5, "m7"): (8, "maj7"),
        (8, "maj7"): (5, "m7"),
        (5, "5"): (8, "5"),
        (8, "5"): (5, "5"),
    },
}

Progression = tuple[tuple[Chord, ...], ...]


@dataclass(frozen=True, slots=True)
class Harmony:
    """The key and the progressions of a piece, their roots as pitch classes, a tuple a bar."""

    tonic: int
    mode: Mode
    verse: Progression
    chorus: Progression

    def of(self, kind: SectionKind) -> Progression:
        """Return what a kind of section repeats."""
        return self.chorus if kind == "chorus" else self.verse


def draw_harmony(
    style: Style, tonic: int, mode: Mode, brightness: int, random: randomness.Random
) -> Harmony:
    """Choose the progressions of a piece; most begin on the tonic, so that its key is heard.

    A brightness of 1 prefers progressions with few minor chords, -1 those with many.
    """
    choices = _of_brightness(style.major if mode == "major" else style.minor, brightness)
    verse = harmony.parse_progression(random.choice(choices))
    for _ in range(3):
        if verse[0][0][0] == 0 or random.random() < 0.1:
            break
        verse = harmony.parse_progression(random.choice(choices))
    chorus = harmony.parse_progression(random.choice(choices))
    # A section of twelve bars has no other beside it.
    if random.random() < 0.25 or len(verse) > 8 or len(chorus) > 8:
        chorus = verse
    if len(verse) == 4 and random.random() < _SUBSTITUTE:
        verse = _substituted(verse, mode, random.choice((1, 2)))
    if random.random() < _TURNAROUND:
        verse = _turned_around(verse)
    return Harmony(tonic, mode, _moved(verse, tonic), _moved(chorus, tonic))


def _of_brightness(choices: Sequence[str], brightness: int) -> Sequence[str]:
    """Return the half of the progressions that is brighter or darker, or all of them."""
    if not brightness:
        return choices
    ordered = sorted(choices, key=lambda written: -brightness * _brightness_of(written))
    return ordered[: (len(ordered) + 1) // 2]


def _brightness_of(written: str) -> float:
    """Return how many more chords are major ones of a major key than minor ones of a minor key."""
    chords = [chord for bar in harmony.parse_progression(written) for chord in bar]
    return sum((chord in _BRIGHT_CHORDS) - (chord in _DARK_CHORDS) for chord in chords) / len(
        chords
    )


def _substituted(progression: Progression, mode: Mode, index: int) -> Progression:
    """Return a progression with another chord of the same meaning in one bar."""
    bar = progression[index]
    other = _SUBSTITUTES[mode].get(bar[0])
    beside = (progression[index - 1][-1], progression[index + 1][0])
    if len(bar) > 1 or other is None or other in beside:
        return progression
    return (*progression[:index], (other,), *progression[index + 1 :])


def _turned_around(progression: Progression) -> Progression:
    last = progression[-1]
    if len(set(progression)) < 3 or len(last) > 1 or last[0][0] == 7:
        return progression
    dominant: Chord = (7, "5" if last[0][1] == "5" else "7")
    return (*progression[:-1], (last[0], dominant))


def _moved(progression: Progression, tonic: int) -> Progression:
    return tuple(
        tuple(((root + tonic) % 12, quality) for root, quality in bar) for bar in progression
    )
