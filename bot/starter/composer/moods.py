"""Moods: what each moves in a piece, and where it would be untrue."""

import random as randomness
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.starter.composer.piece import Density, Mode

_Weights = Mapping[Density, float]


def _weights(none: float, light: float, steady: float, dense: float) -> _Weights:
    return {"none": none, "light": light, "steady": steady, "dense": dense}


@dataclass(frozen=True, slots=True)
class Mood:
    """What a mood moves.

    `tempo`, `activity` and `brightness` (of the chords: 1 is few minor ones) are -1, 0 or 1;
    `register` counts semitones of the melody; the densities are factors of how likely they are.
    """

    mode: Mode | None = None
    tempo: int = 0
    slowest_bpm: float = 0.0
    fastest_bpm: float = 999.0
    activity: int = 0
    brightness: int = 0
    register: int = 0
    densities: _Weights = field(default_factory=lambda: _weights(1, 1, 1, 1))
    is_long: bool = False
    is_syncopated: bool = False


MOODS: dict[str, Mood] = {
    "steady": Mood(),
    "happy": Mood("major", 0, 84, brightness=1, register=4,
                  densities=_weights(0.6, 0.7, 1.2, 1.1)),
    "warm": Mood("major", -1, 0, 124, brightness=1, densities=_weights(1.2, 1.5, 1, 0.3)),
    "dark": Mood("minor", 0, brightness=-1, register=-5),
    "sad": Mood("minor", -1, 0, 112, activity=-1, brightness=-1, register=-3,
                densities=_weights(2, 1.6, 0.8, 0.1)),
    "energetic": Mood(None, 1, 100, activity=1, register=2, densities=_weights(0.1, 0.05, 1, 2.5)),
    "aggressive": Mood("minor", 1, 100, activity=1, brightness=-1, register=-2,
                       densities=_weights(0, 0, 0.6, 3)),
    "calm": Mood(None, -1, 0, 112, activity=-1, densities=_weights(3, 2, 0.1, 0), is_long=True),
    "relaxing": Mood(None, -1, 0, 116, activity=-1, densities=_weights(1.5, 2, 0.9, 0)),
    "groovy": Mood(None, 0, 76, 136, densities=_weights(0.1, 0.3, 1.3, 1.3), is_syncopated=True),
    "dreamy": Mood(None, -1, activity=-1, densities=_weights(1.6, 1.5, 1, 0.4), is_long=True),
}  # fmt: skip


def fitting_moods(
    moods: Sequence[str], *, bpm: float | None, mode: Mode | None, density: Density | None
) -> list[str]:
    """Return the moods that are true of what is settled already, or the plain one."""
    fitting = []
    for name in moods:
        mood = MOODS[name]
        if mode is not None and mood.mode not in (None, mode):
            continue
        if bpm is not None and not mood.slowest_bpm <= bpm <= mood.fastest_bpm:
            continue
        if density is not None and mood.densities[density] < 0.2:
            continue
        fitting.append(name)
    return fitting or ["steady"]


def draw_density(
    mood: Mood, known: Sequence[Density], drumless_chance: float, random: randomness.Random
) -> Density:
    """Choose how dense the drums are."""
    shares: dict[Density, float] = {"light": 0.24, "steady": 0.42, "dense": 0.34}
    total = sum(shares[density] for density in known)
    choices: list[Density] = ["none", *known]
    weights = [drumless_chance * mood.densities["none"]]
    weights += [
        (1 - drumless_chance) * shares[density] / total * mood.densities[density]
        for density in known
    ]
    if not sum(weights):
        return known[-1]
    return random.choices(choices, weights)[0]
