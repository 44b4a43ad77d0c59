"""The pitched instruments: General MIDI programs, where they sound best, and how loud they are."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instrument:
    """A General MIDI program with its register as a lead and as a chord instrument."""

    program: int
    lead_center: int
    chord_center: int
    # The factor of the channel volume that makes all of them equally loud, measured.
    gain: float = 1.0
    family: str = ""


INSTRUMENTS: dict[str, Instrument] = {
    "piano": Instrument(0, 74, 62, 1.54, "keys"),
    "electric piano": Instrument(4, 72, 60, 0.91, "keys"),
    "harpsichord": Instrument(6, 74, 60, 0.94, "keys"),
    "bells": Instrument(14, 72, 66, 0.81, "mallets"),
    "music box": Instrument(10, 80, 72, 0.94, "mallets"),
    "vibraphone": Instrument(11, 72, 64, 1.38, "mallets"),
    "marimba": Instrument(12, 70, 62, 1.18, "mallets"),
    "organ": Instrument(18, 70, 62, 0.9, "keys"),
    "accordion": Instrument(21, 72, 62, 1.04, "reeds"),
    "harmonica": Instrument(22, 74, 64, 0.95, "reeds"),
    "acoustic guitar": Instrument(25, 67, 55, 1.02, "guitar"),
    "nylon guitar": Instrument(24, 67, 57, 1.0, "guitar"),
    "electric guitar": Instrument(27, 67, 57, 1.12, "guitar"),
    "muted guitar": Instrument(28, 62, 57, 1.53, "guitar"),
    "overdriven guitar": Instrument(29, 69, 55, 0.88, "guitar"),
    "distorted guitar": Instrument(30, 69, 52, 0.82, "guitar"),
    "square bass": Instrument(80, 52, 48, 0.99, "bass"),
    "double bass": Instrument(32, 45, 40, 0.98, "bass"),
    "bass guitar": Instrument(33, 45, 40, 0.99, "bass"),
    "picked bass": Instrument(34, 45, 40, 0.97, "bass"),
    "slap bass": Instrument(36, 45, 40, 1.25, "bass"),
    "synth bass": Instrument(38, 45, 40, 1.23, "bass"),
    "deep bass": Instrument(39, 45, 40, 0.85, "bass"),
    "fretless bass": Instrument(35, 45, 40, 1.0, "bass"),
    "acid bass": Instrument(87, 45, 40, 1.2, "bass"),
    "violin": Instrument(40, 76, 64, 0.96, "strings"),
    "cello": Instrument(42, 57, 50, 1.25, "strings"),
    "harp": Instrument(46, 72, 60, 1.26, "strings"),
    "strings": Instrument(48, 70, 62, 1.13, "strings"),
    "synth strings": Instrument(50, 70, 62, 0.96, "synth"),
    "choir": Instrument(52, 68, 62, 1.08, "voices"),
    "trumpet": Instrument(56, 70, 62, 0.91, "brass"),
    "muted trumpet": Instrument(59, 70, 62, 0.89, "brass"),
    "trombone": Instrument(57, 57, 52, 0.75, "brass"),
    "french horn": Instrument(60, 62, 57, 0.9, "brass"),
    "brass": Instrument(61, 67, 60, 0.82, "brass"),
    "synth brass": Instrument(62, 67, 60, 1.1, "synth"),
    "saxophone": Instrument(66, 64, 58, 0.82, "reeds"),
    "oboe": Instrument(68, 74, 62, 0.8, "reeds"),
    "clarinet": Instrument(71, 70, 60, 0.7, "reeds"),
    "flute": Instrument(73, 77, 67, 0.82, "reeds"),
    "pan flute": Instrument(75, 76, 67, 0.83, "reeds"),
    "tin whistle": Instrument(78, 79, 67, 0.66, "reeds"),
    "square lead": Instrument(80, 76, 64, 0.93, "chip"),
    "saw lead": Instrument(81, 72, 60, 0.99, "synth"),
    "synth lead": Instrument(87, 70, 60, 1.03, "synth"),
    "synth stab": Instrument(90, 70, 60, 1.15, "synth"),
    "synth pad": Instrument(89, 67, 60, 1.5, "synth"),
    "bowed pad": Instrument(92, 70, 62, 0.91, "synth"),
    "sitar": Instrument(104, 65, 57, 1.18, "plucked"),
    "banjo": Instrument(105, 67, 58, 1.09, "plucked"),
    "steel drums": Instrument(114, 70, 62, 0.86, "mallets"),
    "kalimba": Instrument(108, 72, 64, 1.2, "mallets"),
}

BASS_INSTRUMENTS: tuple[str, ...] = (
    "double bass", "bass guitar", "picked bass", "slap bass", "synth bass", "deep bass",
    "square bass", "cello", "fretless bass", "acid bass",
)  # fmt: skip
"""What plays the bass."""

CHORD_INSTRUMENTS: tuple[str, ...] = (
    "piano", "electric piano", "harpsichord", "bells", "vibraphone", "marimba", "organ",
    "accordion", "acoustic guitar", "nylon guitar", "electric guitar", "muted guitar",
    "overdriven guitar", "distorted guitar", "harp", "strings", "synth strings", "choir", "brass",
    "synth brass", "saxophone", "square lead", "saw lead", "synth stab", "synth pad", "bowed pad",
    "banjo", "music box",
)  # fmt: skip
"""What plays chords, arpeggios and second lines."""

LEAD_INSTRUMENTS: tuple[str, ...] = (
    "piano", "electric piano", "harpsichord", "bells", "music box", "vibraphone", "marimba",
    "organ", "accordion", "harmonica", "acoustic guitar", "nylon guitar", "electric guitar",
    "overdriven guitar", "distorted guitar", "violin", "cello", "harp", "strings",
    "synth strings", "choir", "trumpet", "muted trumpet", "trombone", "french horn", "brass",
    "synth brass", "saxophone", "oboe", "clarinet", "flute", "pan flute", "tin whistle",
    "square lead", "saw lead", "synth lead", "sitar", "banjo", "steel drums", "kalimba",
)  # fmt: skip
"""What plays melodies; any of them may play the melody of any style."""


_VOLUMES = {"lead": 98, "bass": 86, "chord1": 78, "chord2": 78, "chord3": 78}
_DRUM_VOLUME = 96
_LOUD_KITS = (24, 25)


def volume_of(role: str, player: str | int) -> int:
    """Return the channel volume of an instrument in a role, or of a drum kit: always the same."""
    if isinstance(player, int):
        return round(_DRUM_VOLUME * 0.85) if player in _LOUD_KITS else _DRUM_VOLUME
    return max(20, min(127, round(_VOLUMES[role] * INSTRUMENTS[player].gain)))
