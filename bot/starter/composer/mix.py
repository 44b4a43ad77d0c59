"""The mix of a piece: how loud, dry and bright, and the words that are true of it."""

from dataclasses import dataclass

import numpy as np

from bot.starter.composer.instruments import INSTRUMENTS, is_guitar
from bot.starter.composer.piece import Density
from bot.starter.composer.style import Style

_VOLUMES = {"lead": 82, "chords": 72, "second": 62, "pad": 54, "bass": 92, "drums": 98}
_VELOCITIES = {"lead": 98, "chords": 84, "second": 76, "pad": 66, "bass": 98, "drums": 92}
_SOFT_LOWPASS_HZ = 4500.0
_SPACIOUS_REVERB = 0.6


@dataclass(frozen=True, slots=True)
class Mix:
    """Levels by role, and the traits they make true."""

    traits: tuple[str, ...]
    reverb: float
    lowpass_hz: float | None
    drum_gain: float
    chord_gain: float

    @property
    def kick(self) -> float:
        """Return the factor of the kick drum's velocity."""
        return 1.3 if "bassy drums" in self.traits else 0.95

    def velocity(self, role: str) -> int:
        """Return how hard a role plays."""
        return round(_VELOCITIES[role] * (0.7 if "soft" in self.traits else 1.0))

    def volume(self, role: str, instrument: str) -> int:
        """Return the channel volume of a part."""
        gain = INSTRUMENTS[instrument].gain if instrument in INSTRUMENTS else 1.0
        if role == "drums":
            gain *= self.drum_gain
        if role == "chords":
            gain *= self.chord_gain
        if "loud guitars" in self.traits:
            gain *= 1.25 if is_guitar(instrument) else 0.85
        if "bassy" in self.traits:
            gain *= 1.3 if role == "bass" else 0.8
        if "heavy drums" in self.traits or "bassy drums" in self.traits:
            gain *= 1.25 if role == "drums" else 0.85
        return max(20, min(127, round(_VOLUMES[role] * gain)))


def draw_mix(
    style: Style, density: Density, instruments: tuple[str, ...], random: np.random.Generator
) -> Mix:
    """Choose the traits of a piece; only those its parts can show."""
    possible = []
    if any(is_guitar(name) for name in instruments):
        possible.append("loud guitars")
    if density in ("steady", "dense"):
        possible += ["heavy drums"] if style.name != "chiptune" else []
        possible += ["bassy drums"] if any("K " in g for g in style.grooves[density]) else []
    if any(INSTRUMENTS[name].family == "bass" for name in instruments):
        possible.append("bassy")
    traits = [t for t in possible if random.random() < (0.6 if t in style.traits else 0.06)]
    if "heavy drums" in traits and "bassy drums" in traits:
        traits.remove("heavy drums")
    if not traits and not style.is_hard and density != "dense" and random.random() < 0.1:
        traits.append("soft")
    reverb = style.reverb
    if style.name == "ambient" or random.random() < 0.04:
        reverb = max(reverb, _SPACIOUS_REVERB)
        traits.append("spacious")
    lowpass_hz = _SOFT_LOWPASS_HZ if "soft" in traits else None
    if style.lowpass_hz:
        lowpass_hz = style.lowpass_hz
        traits.append("lo-fi")
    elif random.random() < 0.02:
        lowpass_hz = 3000.0
        traits.append("lo-fi")
    return Mix(tuple(traits), reverb, lowpass_hz, style.drum_gain, style.chord_gain)
