"""Melodies: motifs with answers that follow the chords and come back."""

import random as randomness
from collections.abc import Sequence
from dataclasses import dataclass

from bot.starter.composer import rhythms
from bot.starter.composer.harmony import melody_pitches, pitches_of
from bot.starter.composer.piece import Chord
from bot.starter.composer.step_patterns import steps_of

Event = tuple[int, int, int]
"""The step on which a note starts, for how many it is held, and its pitch."""

_MOVES = (-2, -1, -1, -1, 0, 1, 1, 1, 2)
_LEAPS = (-4, -3, 3, 4, 5)
_WIDEST = 5
_REACH = 12
_SHAPES = ("abac", "aabc", "aaac", "abab", "abcc", "aaba", "abad", "abcd")
_ARCHES = ((0, 2, 4, 1), (3, 2, 0, -2), (0, 0, 3, 0), (-2, 0, 2, 4), (0, 3, 0, -2), (0, 0, 0, 0))


@dataclass(frozen=True, slots=True)
class Motif:
    """Bars of a phrase: rhythms, and contours in scale steps; `arch` moves whole bars."""

    rhythms: tuple[str, ...]
    contours: tuple[tuple[int, ...], ...]
    arch: tuple[int, ...]
    of_chords: bool


def _contour(length: int, random: randomness.Random) -> tuple[int, ...]:
    position = random.randint(-1, 2)
    contour = []
    for _ in range(length):
        contour.append(position)
        leaps = random.random() < 0.09
        position += random.choice(_LEAPS if leaps else _MOVES)
        if abs(position) > _WIDEST:
            position = _WIDEST - 2 if position > 0 else 2 - _WIDEST
    return tuple(contour)


def draw_motif(
    feel: str, beats: int, division: int, activity: int, random: randomness.Random
) -> Motif:
    """Invent a phrase of eight bars: four, and four that begin alike and end otherwise."""
    cells = (rhythms.STRAIGHT if division == 4 else rhythms.SWUNG)[feel]
    bars: dict[str, tuple[str, tuple[int, ...]]] = {}
    for letter in "abcd":
        bar = rhythms.draw_bar(cells, beats, division, random)
        if letter == "b" and random.random() < 0.5:
            half = beats // 2 * division
            bar = bars["a"][0][:half] + bar[half:]
        if activity < 0:
            bar = rhythms.thinned(bar, 0.45, division, random)
        elif activity > 0 and division == 4:
            bar = rhythms.thickened(bar, 0.3, random)
        if "x" not in bar and letter in "ac":
            bar = "x" + bar[1:]
        bars[letter] = bar, _contour(bar.count("x"), random)
    for letter in "yz":
        bar = rhythms.end_bar(bars[random.choice("ab")][0], beats, division, random)
        bars[letter] = bar, _contour(bar.count("x"), random)
    shape = random.choice(_SHAPES)
    is_ostinato = feel in ("arp16", "riff", "stab")
    last = shape[3] if is_ostinato else "y"
    order = shape[:3] + last + shape[:3] + (last if is_ostinato and random.random() < 0.5 else "z")
    return Motif(
        rhythms=tuple(bars[letter][0] for letter in order),
        contours=tuple(bars[letter][1] for letter in order),
        arch=(0, 0, 0, 0) if is_ostinato else random.choice(_ARCHES),
        of_chords=feel == "arp16",
    )


def vary_ending(motif: Motif, beats: int, division: int, random: randomness.Random) -> Motif:
    """Return a phrase whose second half ends in another way, and its first bar as it was."""
    bars = list(motif.rhythms)
    contours = list(motif.contours)
    for index in (2, 3, 6, 7):
        if index % 4 == 3:
            bars[index] = rhythms.end_bar(bars[index - 2], beats, division, random)
        contours[index] = _contour(bars[index].count("x"), random)
    return Motif(tuple(bars), tuple(contours), motif.arch, motif.of_chords)


def _nearest(pitches: Sequence[int], target: float) -> int:
    best, distance = 0, 999.0
    for index, pitch in enumerate(pitches):
        if abs(pitch - target) < distance:
            best, distance = index, abs(pitch - target)
    return best


def melody_bar(
    motif: Motif,
    index: int,
    chords: Sequence[tuple[int, Chord]],
    scale: str,
    tonic: int,
    division: int,
    center: int,
    shift: int,
    is_last: bool = False,
) -> list[Event]:
    """Return one bar of a motif over its chords, each given with the step it starts on.

    Notes on strong beats, and held ones on any beat, belong to the chord. The last bar of a section
    comes home to the tonic where its chord allows that.
    """
    which = index % len(motif.rhythms)
    lowest, highest = center - _REACH, center + _REACH
    aim = center + shift + motif.arch[index % 4]
    events = []
    for step, offset in zip(steps_of(motif.rhythms[which]), motif.contours[which], strict=True):
        chord = chords[-1][1] if step.start >= chords[-1][0] else chords[0][1]
        tones = pitches_of(chord, lowest, highest)
        pitches = tones if motif.of_chords else melody_pitches(scale, tonic, chord, lowest, highest)
        anchor = _nearest(pitches, tones[_nearest(tones, aim)])
        pitch = pitches[max(0, min(len(pitches) - 1, anchor + offset))]
        is_strong = step.start % (2 * division) == 0
        if is_strong or (step.start % division == 0 and step.length * 2 >= division):
            pitch = tones[_nearest(tones, pitch)]
        events.append((step.start, step.length, pitch))
    if is_last and events:
        start, length, pitch = events[-1]
        home = [tone for tone in pitches_of(chords[-1][1], lowest, highest) if tone % 12 == tonic]
        if home and start >= chords[-1][0]:
            events[-1] = start, length, home[_nearest(home, pitch)]
    return events
