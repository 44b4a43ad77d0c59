"""Composing: a seed becomes a piece."""

from dataclasses import dataclass, replace

import numpy as np

from bot.starter.composer import drums
from bot.starter.composer.accompaniment import bass_bar, chord_bar
from bot.starter.composer.grid import bars_of
from bot.starter.composer.harmony import Chord, parse_progression
from bot.starter.composer.instruments import INSTRUMENTS, UNUSUAL_LEADS
from bot.starter.composer.melody import Motif, melody_bar
from bot.starter.composer.mix import Mix, draw_mix
from bot.starter.composer.moods import moods_of
from bot.starter.composer.piece import FRAMES_PER_MINUTE, Density, Mode, Note, Part, Piece
from bot.starter.composer.silence import longest_silence_beats
from bot.starter.composer.style import Style
from bot.starter.composer.styles import STYLES

BEAT_FRAMES = (17, 18, 19, 20, 21, 22, 23, 24, 26, 28, 30, 32, 34, 36, 39, 42, 45, 48, 50)
"""How long a beat may be: every tempo from 60 to 176 BPM has one within 4 %."""

TONICS: dict[Mode, tuple[int, ...]] = {"major": (0, 2, 7, 9), "minor": (9, 2, 4, 7)}
"""The keys: few, so that each is heard often."""

SONGS = 4
"""How many songs a style has."""

_ANY_TEMPO = 0.3
_UNUSUAL = 0.05
MOST_SILENT_FRAMES = 14
_FORMS = ("AABA", "AAAB")
_DENSITY_WEIGHTS: dict[Density, float] = {
    "none": 0.08,
    "light": 0.22,
    "steady": 0.42,
    "dense": 0.36,
}
_DECORATIVE_ERAS = ("60s", "70s", "80s", "90s", "modern")


@dataclass(frozen=True, slots=True)
class Section:
    """What a section of the form repeats."""

    chords: tuple[Chord, ...]
    comping: str
    second_comping: str
    bass_line: str
    groove: str
    fill: int
    motif: Motif


@dataclass(frozen=True, slots=True)
class Line:
    """The choices that hold through the whole piece."""

    role: str
    instrument: str
    first_bar: int = 0


def _pick(random: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[int(random.integers(len(choices)))]


def _turn(choices: tuple[str, ...], variant: int) -> str:
    return choices[variant % len(choices)]


def _draw_beat_frames(style: Style, random: np.random.Generator) -> int:
    slowest, fastest = style.bpm
    usual = [
        frames for frames in BEAT_FRAMES if slowest <= FRAMES_PER_MINUTE / frames <= fastest * 1.01
    ]
    choices = BEAT_FRAMES if random.random() < _ANY_TEMPO else usual
    return int(random.choice(choices))


def _draw_density(style: Style, random: np.random.Generator) -> Density:
    if not style.grooves:
        return "none"
    densities: list[Density] = [*style.grooves]
    if not style.keeps_drums:
        densities.append("none")
    weights = np.array([_DENSITY_WEIGHTS[density] for density in densities])
    return densities[int(random.choice(len(densities), p=weights / weights.sum()))]


def draw_era(style: Style, random: np.random.Generator) -> str | None:
    """Choose the decade that a piece is said to be of, or none."""
    if style.fixed_era is not None:
        return style.fixed_era
    if random.random() < 0.55:
        return None
    if style.eras and (random.random() < 0.7 or not style.has_any_era):
        return _pick(random, style.eras)
    return _pick(random, _DECORATIVE_ERAS) if style.has_any_era else None


def sections_of(
    style: Style, mode: Mode, tonic: int, density: Density, variant: int, seed: int
) -> dict[str, Section]:
    """Return the two sections of a song, A and B."""
    progressions = style.major if mode == "major" else style.minor
    random = np.random.default_rng([seed, 1])
    first = Section(
        chords=parse_progression(_turn(progressions, variant), tonic),
        comping=_turn(style.comping, variant),
        second_comping=_turn(style.second_comping, variant) if style.second_comping else "",
        bass_line=_turn(style.bass_lines, variant),
        groove="" if density == "none" else _turn(style.grooves[density], variant),
        fill=variant % len(drums.FILLS),
        motif=Motif(_turn(style.lead_rhythms, variant), random, style.beats_per_bar),
    )
    # The second section keeps most of the first: the model hears one song, and learns to copy.
    second = replace(
        first,
        chords=parse_progression(_turn(progressions, variant + 1), tonic),
        motif=Motif(_turn(style.lead_rhythms, variant + 1), random, style.beats_per_bar),
    )
    return {"A": first, "B": second}


def lines_of(style: Style, has_drums: bool, variant: int, seed: int) -> list[Line]:
    """Return what plays in a song besides the drums."""
    random = np.random.default_rng([seed, 2])
    chords = _turn(style.chords, variant)
    lines = [Line("chords", chords)]
    bass_chance = 0.95 if style.grooves else 0.6
    if random.random() < bass_chance:
        lines.append(Line("bass", _turn(style.basses, variant)))
    if random.random() < style.lead_chance:
        # Some melodies wait for two bars; the accompaniment never does.
        lines.append(Line("lead", _turn(style.leads, variant), 2 if variant == 3 else 0))
    most = 4 if has_drums else 5
    if style.seconds and len(lines) < most and random.random() < style.second_chance:
        others = tuple(name for name in style.seconds if name != chords)
        if others:
            lines.append(Line("second", _turn(others, variant)))
    if style.pads and len(lines) < most and random.random() < style.pad_chance:
        others = tuple(name for name in style.pads if name != chords)
        if others:
            lines.append(Line("pad", _turn(others, variant)))
    if len(lines) == 1 and not has_drums:
        lines.append(Line("lead", _turn(style.leads, variant)))
    return lines


def _with_unusual_lead(lines: list[Line], lead: str) -> list[Line]:
    kept = [line for line in lines if line.role != "lead"]
    return [*kept, Line("lead", lead)]


def _line_bar(
    line: Line,
    style: Style,
    section: Section,
    bar: int,
    start_beats: float,
    key: tuple[int, Mode],
    velocity: int,
) -> list[Note]:
    chord = section.chords[bar % len(section.chords)]
    beats = style.beats_per_bar
    instrument = INSTRUMENTS[line.instrument]
    if line.role == "bass":
        following = section.chords[(bar + 1) % len(section.chords)]
        bars = bars_of(section.bass_line)
        pattern = bars[bar % len(bars)]
        return bass_bar(pattern, chord, following, start_beats, beats, velocity)
    if line.role == "lead":
        tonic, mode = key
        scale = style.scales[0 if mode == "major" else 1]
        return melody_bar(
            section.motif, bar, chord, scale, tonic, instrument.lead_center, start_beats, velocity
        )
    if line.role == "pad":
        pattern = "C---"
    else:
        bars = bars_of(section.comping if line.role == "chords" else section.second_comping)
        pattern = bars[bar % len(bars)]
    return chord_bar(pattern, chord, instrument.chord_center, start_beats, beats, velocity)


def drum_notes(
    style: Style, plan: list[tuple[Section, int, bool]], kick: float
) -> tuple[Note, ...]:
    """Return the strokes of the drums; the plan has a section, its bar, and whether it ends it."""
    notes: list[Note] = []
    beats = style.beats_per_bar
    for index, (section, bar, is_last) in enumerate(plan):
        start = float(index * beats)
        played = drums.groove_bar(section.groove, start, beats, kick)
        if style.has_fills and is_last:
            is_swung = len(section.groove.split()[1]) == 12
            played = drums.with_fill(played, section.fill, start, beats, is_swung)
        if style.has_fills and bar == 0:
            played.append(drums.crash(start))
        notes.extend(played)
    return tuple(notes)


def _plan(form: str, sections: dict[str, Section], bars: int) -> list[tuple[Section, int, bool]]:
    plan: list[tuple[Section, int, bool]] = []
    while len(plan) < bars:
        for letter in form:
            section = sections[letter]
            last = len(section.chords) - 1
            plan.extend((section, bar, bar == last) for bar in range(last + 1))
    return plan[:bars]


def part_of(
    line: Line,
    style: Style,
    plan: list[tuple[Section, int, bool]],
    key: tuple[int, Mode],
    mix: Mix,
) -> Part:
    """Return what a line plays over a plan of bars."""
    notes: list[Note] = []
    velocity = mix.velocity(line.role)
    for index, (section, bar, _) in enumerate(plan):
        if index >= line.first_bar:
            start = float(index * style.beats_per_bar)
            notes += _line_bar(line, style, section, bar, start, key, velocity)
    program = INSTRUMENTS[line.instrument].program
    volume = mix.volume(line.role, line.instrument)
    return Part(line.role, line.instrument, program, False, volume, 64, tuple(notes))


def compose(
    seed: int, *, style: str | None = None, seconds: float = 30.0, beat_frames: int | None = None
) -> Piece:
    """Compose a piece; the same arguments always give the same piece.

    A style has a few songs, each with its harmony, patterns, melody and instruments; a piece is one
    of them in some key and tempo, with or without drums and the like. The fewer they are, the less
    a small model confuses them.
    """
    random = np.random.default_rng(seed)
    drawn = STYLES[_pick(random, tuple(STYLES))]
    chosen = drawn if style is None else STYLES[style]
    drawn_frames = _draw_beat_frames(chosen, random)
    frames = drawn_frames if beat_frames is None else beat_frames
    variant = int(random.integers(SONGS))
    song = SONGS * list(STYLES).index(chosen.name) + variant
    is_minor = not chosen.major or is_in_minor(chosen, variant)
    mode: Mode = "minor" if is_minor else "major"
    tonic = int(random.choice(TONICS[mode]))
    density = _draw_density(chosen, random)
    era = draw_era(chosen, random)
    sections = sections_of(chosen, mode, tonic, density, variant, song)
    lines = lines_of(chosen, density != "none", variant, song)
    if random.random() < _UNUSUAL:
        lines = _with_unusual_lead(lines, _pick(random, UNUSUAL_LEADS))
    mix = draw_mix(chosen, density, tuple(line.instrument for line in lines), random)
    beats = chosen.beats_per_bar
    bars = int(np.ceil(seconds * FRAMES_PER_MINUTE / 60 / frames / beats))
    plan = _plan(_turn(_FORMS, variant), sections, bars)
    parts = [part_of(line, chosen, plan, (tonic, mode), mix) for line in lines]
    if density != "none":
        kit = chosen.kits[variant % len(chosen.kits)]
        notes_of_drums = drum_notes(chosen, plan, mix.kick)
        volume = mix.volume("drums", "drums")
        parts.append(Part("drums", "drums", kit, True, volume, 64, notes_of_drums))
    if longest_silence_beats(parts, bars * beats) * frames > MOST_SILENT_FRAMES:
        line = Line("pad", chosen.cushion)
        parts.insert(0, part_of(line, chosen, plan, (tonic, mode), mix))
    moods = moods_of(chosen, mode, FRAMES_PER_MINUTE / frames, density)
    return Piece(
        style=chosen.name,
        era=era,
        tonic=tonic,
        mode=mode,
        beat_frames=frames,
        beats_per_bar=beats,
        mood=_pick(random, moods),
        drum_density=density,
        traits=mix.traits,
        parts=tuple(parts),
        seconds=seconds,
        reverb=mix.reverb,
        lowpass_hz=mix.lowpass_hz,
    )


def is_in_minor(style: Style, variant: int) -> bool:
    """Say whether a song is in minor: as many of a style's songs as its chance says."""
    return variant >= SONGS - round(SONGS * style.minor_chance)
