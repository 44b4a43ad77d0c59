"""What a style is: the choices a piece of that style is composed from.

Patterns are grids over one bar, `division` steps a beat: sixteen characters in four straight
beats, twelve in four swinging ones or in a waltz, six in a bar of 6/8. `|` separates choices in
grooves, and the bars of a longer pattern everywhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.starter.composer.piece import Density


@dataclass(frozen=True, slots=True)
class Comp:
    """A way of accompanying: the instruments that do it, and how.

    C chord, c short chord, P power chord, p muted low root, R low root, 0-9 chord tones one by one;
    `hold` lets chords sound, `arp8` and `arp16` make arpeggios.
    """

    instruments: tuple[str, ...]
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Style:
    """The idiom of one style; every tuple is a set of choices."""

    name: str
    bpm: tuple[int, int]
    # Progressions in scale degrees.
    major: tuple[str, ...]
    minor: tuple[str, ...]
    comps: tuple[Comp, ...]
    basses: tuple[str, ...]
    # R root, 3 5 6 7 8 degrees of the chord, A a half step below the next root; or `walk`.
    bass_lines: tuple[str, ...]
    leads: tuple[str, ...]
    # Rhythms of melodies, by the names in rhythms.
    feels: tuple[str, ...]
    # Lanes by `;`, each a drum's letter and choices of a bar; `?` before it: not always played.
    grooves: Mapping[Density, tuple[str, ...]]
    kits: tuple[int, ...] = (0,)
    # Lanes of which one may be added.
    extras: tuple[str, ...] = ()
    pads: tuple[str, ...] = ()
    pad_chance: float = 0.4
    seconds: tuple[Comp, ...] = ()
    second_chance: float = 0.6
    lead_chance: float = 0.8
    bass_chance: float = 0.96
    scales: tuple[str, str] = ("major pentatonic", "minor pentatonic")
    beats_per_bar: int = 4
    division: int = 4
    moods: tuple[str, ...] = ()
    drumless_chance: float = 0.06
    minor_chance: float = 0.4
    # How far kick drums may be moved: on eighths (2), on sixteenths (1), never (0).
    kick_freedom: int = 2
    has_ghosts: bool = False
    has_fills: bool = True
    has_ninths: bool = False
    is_hard: bool = False
    eras: tuple[str, ...] = ()
    fixed_era: str | None = None
    # Whether any decade may be named; not where it would name another style.
    has_any_era: bool = True
