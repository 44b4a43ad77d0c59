"""What a style is: the choices a piece of that style is composed from.

Patterns are grids over one bar; the bar is cut in as many steps as the pattern has characters, so
twelve characters in a bar of four beats swing. `|` separates the bars of a longer pattern.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.starter.composer.piece import Density


@dataclass(frozen=True, slots=True)
class Style:
    """The idiom of one style; every tuple is a set of choices."""

    name: str
    bpm: tuple[int, int]
    # Chords of the loops, in scale degrees, one a bar.
    major: tuple[str, ...]
    minor: tuple[str, ...]
    chords: tuple[str, ...]
    # C chord, c soft chord, P power chord, p muted power chord, R low root, 0-9 chord tones.
    comping: tuple[str, ...]
    basses: tuple[str, ...]
    # R root, r soft root, 3 5 6 7 8 degrees of the chord, A a half step below the next root.
    bass_lines: tuple[str, ...]
    leads: tuple[str, ...]
    lead_rhythms: tuple[str, ...]
    grooves: Mapping[Density, tuple[str, ...]]
    kits: tuple[int, ...] = (0,)
    pads: tuple[str, ...] = ()
    pad_chance: float = 0.4
    seconds: tuple[str, ...] = ()
    second_comping: tuple[str, ...] = ()
    second_chance: float = 0.7
    lead_chance: float = 0.8
    scales: tuple[str, str] = ("major pentatonic", "minor pentatonic")
    beats_per_bar: int = 4
    eras: tuple[str, ...] = ()
    fixed_era: str | None = None
    # Whether any decade may be named; not where it would name another style.
    has_any_era: bool = True
    is_hard: bool = False
    # What brings the style's drums and chords into balance with the rest, measured.
    drum_gain: float = 1.0
    chord_gain: float = 1.0
    # Holds a chord under a piece that would otherwise fall silent between its beats.
    cushion: str = "organ"
    keeps_drums: bool = False
    has_fills: bool = True
    reverb: float = 0.15
    lowpass_hz: float | None = None
    traits: tuple[str, ...] = ()
    minor_chance: float = 0.4
