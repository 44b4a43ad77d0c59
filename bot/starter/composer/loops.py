"""Loops: a phrase of a song, heard over and over at one tempo. What the language model learns from.

A model of the starter's size can't tell thirty thousand pieces apart, but it can know a thousand
phrases by heart; and a phrase that comes again exactly has exactly the same codes again, so that
what holds a beat together can be learnt. A style has two songs, each in one key and with one kind
of drums, and each has a loop for every tempo: see training.slicing. Of a lap its first half is
learnt: see training.codes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bot.starter.composer.compose import (
    BEAT_FRAMES,
    MOST_SILENT_FRAMES,
    SONGS,
    TONICS,
    Line,
    drum_notes,
    is_in_minor,
    lines_of,
    part_of,
    sections_of,
)
from bot.starter.composer.mix import draw_mix
from bot.starter.composer.moods import moods_of
from bot.starter.composer.piece import FRAMES_PER_MINUTE, Density, Mode, Part, Piece
from bot.starter.composer.silence import longest_silence_beats
from bot.starter.composer.style import Style
from bot.starter.composer.styles import STYLES

LAPS = 3
"""How often the phrase is played: the second time it follows, and is followed by, itself."""

# Of a style's songs those that differ most: one in major where there is one, one in minor.
_STEADY, _DENSE = 0, 2
_USUAL_SHARE, _OTHER_SHARE, _DRUMLESS_SHARE = 0.5, 0.44, 0.06
_DRUMLESS_TEMPOS = 4


@dataclass(frozen=True, slots=True)
class Loop:
    """What a loop is to be, and how often it is to be heard among all loops.

    `is_usual` tells that its style often has this tempo; who wants another one says so.
    """

    style: str
    song: int
    beat_frames: int
    density: Density
    share: float
    is_usual: bool = True


def loops() -> Iterator[Loop]:
    """Yield all loops, a style after the other; the shares of each add up to one style's."""
    for style in STYLES.values():
        usual = _usual_beat_frames(style)
        others = [frames for frames in BEAT_FRAMES if frames not in usual]
        drumless = _drumless_beat_frames(style, usual)
        usual_share = _USUAL_SHARE + (0 if drumless else _DRUMLESS_SHARE)
        for song, density in zip((_STEADY, _DENSE), _densities(style), strict=True):
            for frames in BEAT_FRAMES:
                of, all_of = (usual_share, usual) if frames in usual else (_OTHER_SHARE, others)
                share = of / len(all_of) / 2 / len(STYLES)
                yield Loop(style.name, song, frames, density, share, frames in usual)
        for frames in drumless:
            share = _DRUMLESS_SHARE / len(drumless) / len(STYLES)
            yield Loop(style.name, _STEADY, frames, "none", share)


def compose_loop(loop: Loop) -> tuple[Piece, int]:
    """Compose a loop: a piece of `LAPS` laps, and how many frames a lap has."""
    style = STYLES[loop.style]
    index = list(STYLES).index(loop.style)
    song = SONGS * index + loop.song
    mode: Mode = "minor" if not style.major or is_in_minor(style, loop.song) else "major"
    tonic = TONICS[mode][(index + loop.song) % len(TONICS[mode])]
    section = sections_of(style, mode, tonic, loop.density, loop.song, song)["A"]
    lines = lines_of(style, loop.density != "none", loop.song, song)
    random = np.random.default_rng([song, 7])
    mix = draw_mix(style, loop.density, tuple(line.instrument for line in lines), random)
    bars = len(section.chords)
    has_fill = loop.density != "none" and style.has_fills
    plan = [
        (section, bar % bars, has_fill and bar % bars == bars - 1) for bar in range(LAPS * bars)
    ]
    parts = [part_of(line, style, plan, (tonic, mode), mix) for line in lines]
    if loop.density != "none":
        kit = style.kits[loop.song % len(style.kits)]
        strokes = drum_notes(style, plan, mix.kick)
        parts.append(Part("drums", "drums", kit, True, mix.volume("drums", "drums"), 64, strokes))
    beats = len(plan) * style.beats_per_bar
    if longest_silence_beats(parts, beats) * loop.beat_frames > MOST_SILENT_FRAMES:
        cushion = Line("pad", style.cushion)
        parts.insert(0, part_of(cushion, style, plan, (tonic, mode), mix))
    frames = beats * loop.beat_frames
    moods = moods_of(style, mode, FRAMES_PER_MINUTE / loop.beat_frames, loop.density)
    piece = Piece(
        style=style.name,
        era=style.fixed_era,
        tonic=tonic,
        mode=mode,
        beat_frames=loop.beat_frames,
        beats_per_bar=style.beats_per_bar,
        mood=moods[int(random.integers(len(moods)))],
        drum_density=loop.density,
        traits=mix.traits,
        parts=tuple(parts),
        seconds=frames * 60 / FRAMES_PER_MINUTE,
        reverb=mix.reverb,
        lowpass_hz=mix.lowpass_hz,
    )
    return piece, frames // LAPS


def _usual_beat_frames(style: Style) -> list[int]:
    slowest, fastest = style.bpm
    return [f for f in BEAT_FRAMES if slowest <= FRAMES_PER_MINUTE / f <= fastest * 1.01]


def _drumless_beat_frames(style: Style, usual: list[int]) -> list[int]:
    if not style.grooves or style.keeps_drums:
        return []
    return usual[::2][:_DRUMLESS_TEMPOS]


def _densities(style: Style) -> tuple[Density, Density]:
    """Return the drums of a style's two songs: steady and dense, where it has such."""
    known: list[Density] = [*style.grooves] or ["none"]
    first: Density = "steady" if "steady" in known else known[0]
    second: Density = "dense" if "dense" in known else known[-1]
    return first, known[0] if second == first else second
